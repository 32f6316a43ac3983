"""Runs that MLflow shows while their stage is executed: they grow, end where they began, lose and double nothing."""

import json
import multiprocessing
import re
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from test_sending import forked, killed_at, root, runs, sync  # noqa: F401

from latentspace.pipeline.tracking import live, outbox, paths
from latentspace.pipeline.tracking.following import Follower

CHECKPOINTS = Path(".checkpoints")
TRAINING = CHECKPOINTS / "seed_0/packet_1_both"


def _execute(connection, done: int) -> None:
    """A stage that announces its run with `done` rows from a checkpoint, then does what it is told, word by word."""
    log = outbox.RunLog("size_x", "size", params={"p": 2}, tags={"colour": "red"}, description="What it does.")
    outbox.announce(log, CHECKPOINTS)
    history = [{"step": float(step), "loss": 0.5} for step in range(done)]
    curve = live.Curve(TRAINING, history)
    connection.send(log.tags["execution"])
    while True:
        word = connection.recv()
        if word == "row":
            history.append({"step": float(len(history)), "loss": 0.5})
            curve.follow(len(history), {})
        elif word == "picture":
            live.picture(TRAINING.parent, 1, lambda: np.zeros((8, 8, 3), np.uint8))
        else:
            log.curves = [("loss/seed_0", int(row["step"]), row["loss"]) for row in history]
            log.curves += [("packet/seed_0", 0, 1.0)]
            log.metrics, log.failed = {"m": 1.0}, word == "fail"
            log.tables, log.datasets = {"t": {"a": [1, 2]}}, [("disks", "0" * 32, "data/disks.npz")]
            Path("n.txt").write_text("note")
            log.artifacts = [("n.txt", "notes")]
            outbox.post(log)
        connection.send(word)


class Stage:
    """The process of a stage."""

    def __init__(self, done: int = 0) -> None:
        self.connection, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=_execute, args=(other, done), daemon=True)
        self.process.start()
        self.execution = self.connection.recv()

    def do(self, *words: str) -> None:
        for word in words:
            self.connection.send(word)
            assert self.connection.recv() == word

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


@pytest.fixture
def stage(root):  # noqa: F811
    """A function that starts a stage."""
    started = []

    def start(done: int = 0) -> Stage:
        started.append(Stage(done))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def look() -> bool:
    """What a sender does every few seconds; whether the store answered."""
    return forked(lambda: int(not Follower().look())) == 0


def query(text: str) -> list[tuple]:
    with closing(sqlite3.connect("mlflow.db")) as connection:
        return connection.execute(text).fetchall()


def points() -> list[tuple[str, int]]:
    return sorted(query("SELECT key, step FROM metrics"))


def shown() -> Counter:
    """How often each file of the runs is there, pictures by key and step."""
    files = Path("mlartifacts").glob("*/*/artifacts/**/*.*")
    return Counter(re.sub(r"\+timestamp.*\.", ".", file.name) for file in files)


LOSS = [("loss/seed_0", step) for step in range(9)]


def test_a_run_grows_while_its_stage_is_executed_and_ends_where_it_began(stage):
    running = stage()
    assert look() and runs() == [(running.execution, "RUNNING")], "at once"
    assert query("SELECT key, value FROM params") == [("p", "2")]
    assert {("colour", "red"), ("mlflow.note.content", "What it does.")} <= {*query("SELECT key, value FROM tags")}
    running.do("row", "row")
    assert look() and points() == LOSS[:2]
    running.do("row", "picture")
    assert look() and points() == LOSS[:3]
    assert shown() == {"traversals~seed_0+step+1.png": 1, "traversals~seed_0+step+1.webp": 1}
    (began,) = query("SELECT run_uuid, start_time FROM runs")
    running.do("row", "post")
    running.kill()
    assert sync() == 0 and runs() == [(running.execution, "FINISHED")]
    assert query("SELECT run_uuid, start_time FROM runs WHERE end_time > start_time") == [began], "the same run"
    assert points() == [*LOSS[:4], ("m", 0), ("packet/seed_0", 0)]
    assert set(shown().values()) == {1} and {"n.txt", "t.json"} <= shown().keys()
    assert not list(paths.live().iterdir()) and not paths.waiting()


def test_a_stage_that_fails_ends_as_failed(stage):
    running = stage()
    running.do("row")
    assert look()
    running.do("fail")
    assert look() and runs() == [(running.execution, "RUNNING")], "it waits in the outbox"
    assert sync() == 0 and runs() == [(running.execution, "FAILED")]


def test_a_killed_stage_is_closed_by_the_next_sender_and_its_resumption_is_a_run_with_the_whole_curve(stage, tally):
    killed = stage()
    killed.do("row", "row")
    assert look()
    killed.do("row", "picture")
    killed.kill()
    assert sync() == 0 and runs() == [(killed.execution, "KILLED")]
    assert points() == LOSS[:3] and sum(shown().values()) == 2, "what was published last is there"
    assert not list(paths.live().iterdir())
    assert sync() == 0 and runs() == [(killed.execution, "KILLED")]
    resumed = stage(done=2)
    assert look()
    joined = "SELECT step FROM metrics JOIN tags USING (run_uuid) WHERE tags.value = "
    assert query(f"{joined}'{resumed.execution}'") == [(0,), (1,)]
    tally.add("runs of killed stages closed")


def test_a_stage_that_was_believed_dead_ends_the_same_run(stage):
    """Its process cannot be seen from another machine that shares the folder."""
    running = stage()
    running.do("row")
    path = paths.live() / running.execution / "run.json"
    whole = path.read_text()
    path.write_text(json.dumps(json.loads(whole) | {"process": {"pid": 1, "started": "elsewhere"}}))
    assert look() and runs() == [(running.execution, "KILLED")]
    (closed,) = query("SELECT run_uuid FROM runs")
    running.do("row", "post")
    assert sync() == 0 and runs() == [(running.execution, "FINISHED")]
    assert query("SELECT run_uuid FROM runs") == [closed] and len(points()) == len({*points()})


def test_without_a_server_a_stage_goes_on_and_everything_arrives_later(stage, monkeypatch, tally, capfd):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    running = stage()
    running.do("row", "picture", "row")
    assert not look() and "MLflow at http://127.0.0.1:9" in capfd.readouterr().err
    running.do("row", "post")
    assert sync() == 1
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert sync() == 0 and runs() == [(running.execution, "FINISHED")]
    assert points() == [*LOSS[:3], ("m", 0), ("packet/seed_0", 0)]
    assert shown()["traversals~seed_0+step+1.png"] == 1
    tally.add("runs that could not be shown, complete afterwards")


def test_a_run_that_is_deleted_in_the_ui_is_complete_at_its_end(stage):
    running = stage()
    assert look()

    def delete() -> None:
        from latentspace.pipeline.tracking import store

        client = store.client()
        (found,) = store.runs_of(client, "size", running.execution)
        client.delete_run(found.info.run_id)

    assert forked(delete) == 0
    running.do("row", "post")
    assert sync() == 0 and runs() == [(running.execution, "FINISHED")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"log": {}}', '{"log": {"stage": "x"}, "process": 1}'])
def test_an_announcement_that_cannot_be_read_blocks_nothing(stage, text):
    running = stage()
    (paths.live() / running.execution / "run.json").write_text(text)
    running.do("row", "post")
    assert look() and sync() == 0 and runs() == [(running.execution, "FINISHED")]


@pytest.mark.parametrize(
    "text", [b"\n", b"{\n", b"[]\n", b'{"phase": 1}\n', b'{"phase": "", "step": "x", "time": 1}\n']
)
def test_a_damaged_row_is_left_out(stage, text):
    running = stage()
    running.do("row")
    path = paths.live() / running.execution / "curves/seed_0.jsonl"
    path.write_bytes(path.read_bytes() + text + b"\xff half a row")
    assert look() and points() == LOSS[:1]


def steps():
    from mlflow import MlflowClient

    calls = [("create_run", 1), ("log_batch", 1), ("log_batch", 2), ("log_batch", 3), ("log_image", 1)]
    yield from ((name, call, after, "kill") for name, call in [*calls, ("set_terminated", 1)] for after in (0, 1))
    late = [("log_batch", 1), ("log_batch", 2), ("log_inputs", 1), ("log_artifact", 1), ("log_table", 1)]
    yield from ((name, call, after, "post") for name, call in [*late, ("set_terminated", 1)] for after in (0, 1))
    assert MlflowClient


@pytest.mark.faults
def test_a_sender_killed_at_any_step_of_following_loses_and_doubles_nothing(stage, tally):
    from mlflow import MlflowClient

    wanted = []
    for number, (name, call, after, end) in enumerate(steps(), 1):
        running = stage()
        running.do("row", "picture")
        if end == "post":
            assert look()
            running.do("row", "post")
        running.kill()
        wanted.append((running.execution, "KILLED" if end == "kill" else "FINISHED"))
        died = forked(killed_at(MlflowClient, name, call, bool(after)))
        assert died == -signal.SIGKILL, f"{name} was not called {call} times"
        assert sync() == 0 and runs() == sorted(wanted), (name, call, after, end)
        counts = Counter(query("SELECT run_uuid, key, step FROM metrics"))
        assert set(counts.values()) == {1} and len({run for run, *_ in counts}) == number
        assert shown()["traversals~seed_0+step+1.png"] == number, (name, call, after, end)
        tally.add("kills survived: the sender, at a step of following")
    posted = sum(end == "FINISHED" for _, end in wanted)
    assert shown()["t.json"] == shown()["n.txt"] == posted
    rows = [json.loads(path.read_text())["data"] for path in Path("mlartifacts").glob("*/*/artifacts/tables/t.json")]
    assert rows == [[[1], [2]]] * posted, "no table has its rows twice"
    assert len(query("SELECT * FROM inputs")) == posted


def test_the_models_of_the_newest_report_have_an_alias(root):  # noqa: F811
    def model() -> None:
        """A run with a model that MLflow stores."""
        from mlflow.entities import LoggedModelOutput

        from latentspace.pipeline.tracking import store

        client = store.client()
        experiment = store.experiment_id(client, "size")
        run = client.create_run(experiment).info.run_id
        made = client.create_logged_model(experiment, "net", run)
        client.finalize_logged_model(made.model_id, "READY")
        client.log_outputs(run, [LoggedModelOutput(made.model_id, 0)])

    def report(run: str, **more) -> None:
        tags = {"run.size_train@bias": run, "run.size_theory": run_without}
        outbox.post(outbox.RunLog("report", "pipeline", tags=tags, **more))
        assert sync() == 0

    def versions() -> list[tuple[int, str]]:
        aliased = query("SELECT version, alias FROM registered_model_aliases WHERE name = 'size_train.bias'")
        assert len(aliased) == 1 and aliased[0][1] == "newest"
        newest = query(f"SELECT run_id FROM model_versions WHERE version = {aliased[0][0]}")
        return [*query("SELECT COUNT(*) FROM model_versions"), *newest]

    run_without = stage_of(root)
    assert forked(model) == 0 and forked(model) == 0
    first, second = [run for (run,) in query("SELECT source_run_id FROM logged_models ORDER BY creation_timestamp_ms")]
    report(first)
    report(first)
    assert versions() == [(1,), (first,)], "once, although two reports name it"
    report(second)
    assert versions() == [(2,), (second,)]
    report(first, failed=True)
    assert versions() == [(2,), (second,)], "a report that failed changes nothing"
    report(first)
    assert versions() == [(2,), (first,)], "restored from the cache"
    report("0" * 32)
    assert query("SELECT value FROM tags WHERE key = 'models'") == [("not registered: MlflowException",)]


def stage_of(root) -> str:  # noqa: F811
    """The run of a stage without a model."""
    outbox.post(outbox.RunLog("size_theory", "size"))
    assert sync() == 0
    ((run,),) = query("SELECT run_uuid FROM runs")
    return run
