"""Runs on their way to MLflow: damaged entries, kills at every step of sending, stores that are lost or locked."""

import gc
import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from latentspace.pipeline.tracking import __main__ as command
from latentspace.pipeline.tracking import entries, outbox, paths, sending, store

faults = pytest.mark.faults


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project of which only the tracking is there; the store is used by forked processes only."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outbox, "start_sender", lambda: None)
    return tmp_path


def post(stage="size_x", **more) -> str:
    """Put a run with an artifact and two pictures into the outbox and on record; its execution."""
    Image.new("L", (4, 4)).save("a.png")
    Path("n.txt").write_text("note")
    log = outbox.RunLog(stage, "size", metrics={"m": 1.0}, params={"p": 2}, curves=[("loss", n, 0.5) for n in range(3)])
    log.artifacts, log.images = [("n.txt", "notes")], [("k", 0, "a.png"), ("k", 1, "a.png")]
    log.tables, log.datasets = {"t": {"a": [1, 2]}}, [("disks", "0" * 32, "data/disks.npz")]
    record = outbox.post(log if not more else outbox.RunLog(stage, "size", **more))
    path = Path("runs/size", f"{stage}-{record['execution']}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return record["execution"]


def forked(work) -> int:
    """Do `work` in a forked process, which is 50 times faster than one that imports MLflow; its exit status."""
    import mlflow.pytorch
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

    gc.collect()
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(int(work() or 0))
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def sync(*arguments: str) -> int:
    return forked(lambda: command.main(list(arguments)))


def runs(database="mlflow.db") -> list[tuple[str, str]]:
    """Execution and status of the runs that a user sees."""
    query = "SELECT tags.value, status FROM runs JOIN tags USING (run_uuid) WHERE key = 'execution' AND "
    with closing(sqlite3.connect(database)) as connection:
        return sorted(connection.execute(query + "lifecycle_stage = 'active'").fetchall())


def change(folder: Path, **values) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def replaced_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def stray(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("a stray file")


def linked(folder: Path) -> None:
    (folder / "artifact_0/n.txt").unlink()
    (folder / "artifact_0/n.txt").symlink_to("/etc/hostname")


DAMAGES = {
    "no run.json": lambda folder: (folder / "run.json").unlink(),
    "run.json a folder": lambda folder: replaced_by_folder(folder / "run.json"),
    "run.json empty": lambda folder: (folder / "run.json").write_text(""),
    "run.json cut": lambda folder: cut(folder / "run.json"),
    "run.json zeros": lambda folder: (folder / "run.json").write_bytes(bytes(500)),
    "run.json not UTF-8": lambda folder: (folder / "run.json").write_bytes(b"\xff\xfe{}"),
    "a list": lambda folder: (folder / "run.json").write_text("[]"),
    "null": lambda folder: (folder / "run.json").write_text("null"),
    "nested": lambda folder: (folder / "run.json").write_text("[" * 100_000),
    "of other code": lambda folder: change(folder, colour="red"),
    "metrics a list": lambda folder: change(folder, metrics=[]),
    "metrics a text": lambda folder: change(folder, metrics={"m": "much"}),
    "a metric without a name": lambda folder: change(folder, metrics={"": 1.0}),
    "a metric named like nothing": lambda folder: change(folder, metrics={"../\n*": 1.0}),
    "params null": lambda folder: change(folder, params=None),
    "tags a number": lambda folder: change(folder, tags=3),
    "no execution": lambda folder: change(folder, tags={}),
    "an execution with a quote": lambda folder: change(folder, tags={"execution": "' OR '"}),
    "a chapter elsewhere": lambda folder: change(folder, chapter="../../elsewhere"),
    "a chapter of no name": lambda folder: change(folder, chapter=""),
    "curves of pairs": lambda folder: change(folder, curves=[["loss", 1]]),
    "tables of unequal columns": lambda folder: change(folder, tables={"t": {"a": [1], "b": [1, 2]}}),
    "tables a list": lambda folder: change(folder, tables=[1]),
    "a time before all times": lambda folder: change(folder, started="yesterday"),
    "infinite times": lambda folder: change(folder, ended=float("inf")),
    "a picture empty": lambda folder: (folder / "image_0/a.png").write_bytes(b""),
    "a picture cut": lambda folder: cut(folder / "image_1/a.png"),
    "a picture missing": lambda folder: (folder / "image_0/a.png").unlink(),
    "a picture a folder": lambda folder: replaced_by_folder(folder / "image_0/a.png"),
    "an artifact a folder": lambda folder: replaced_by_folder(folder / "artifact_0/n.txt"),
    "an artifact missing": lambda folder: (folder / "artifact_0/n.txt").unlink(),
    "an artifact elsewhere": linked,
    "a path elsewhere": lambda folder: change(folder, artifacts=[["../../n.txt", ""]]),
    "a stray file": stray,
    "a model missing": lambda folder: change(folder, models=[["net", "model_0/net.st", [1.0]]]),
}


def test_a_damaged_entry_is_set_aside_and_blocks_nothing(root, tally, capfd):
    posted = {name: post() for name in DAMAGES}
    for (damage, execution), folder in zip(posted.items(), paths.waiting(), strict=True):
        assert folder.name.endswith(execution)
        DAMAGES[damage](folder)
    (paths.outbox() / "notes.txt").write_text("a stray file with another name")
    behind = post()
    assert sync() == 0
    assert not paths.waiting() and runs() == [(behind, "FINISHED")], "no half run is left"
    aside = entries.aside()
    assert {name for name, execution in posted.items() if not any(a.endswith(execution) for a in aside)} == set()
    assert len(aside) == len(DAMAGES) + 1 and "no reason noted" not in aside.values()
    told = capfd.readouterr().err
    assert "Traceback" not in told and f"{len(aside)} runs are set aside; `{paths.RESEND}`" in told
    assert sync() == 0
    told = capfd.readouterr().err
    assert all(f"set aside before: .tracking/rejected/{name}: {why}" in told for name, why in aside.items())
    tally.add("damaged entries of the outbox set aside", len(aside))


def test_what_was_set_aside_is_sent_after_it_was_mended(root, tally):
    execution = post()
    (folder,) = paths.waiting()
    (folder / "artifact_0/n.txt").rename(root / "kept")
    assert sync() == 0 and runs() == [] and len(entries.aside()) == 1
    (root / "kept").rename(paths.rejected() / folder.name / "artifact_0/n.txt")
    assert sync("--resend") == 0
    assert runs() == [(execution, "FINISHED")] and not list(paths.rejected().iterdir())


def test_an_entry_that_may_not_be_read_is_set_aside(root, monkeypatch):
    """Root may read everything, so the error is injected."""
    post()
    (refused,) = paths.waiting()
    behind = post()
    read = Path.read_text

    def denied(path, *arguments, **more):
        if path == refused / "run.json":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *arguments, **more)

    monkeypatch.setattr(Path, "read_text", denied)
    assert sync() == 0 and runs() == [(behind, "FINISHED")]
    assert "PermissionError" in entries.aside()[refused.name]


def test_a_store_that_refuses_one_run_keeps_it_and_takes_the_others(root, monkeypatch, capfd):
    from mlflow.exceptions import MlflowException

    refused, behind = post("size_refused"), post()
    values = sending._send_values

    def failing(client, run_id, log, end):
        values(client, run_id, log, end)
        if log.stage == "size_refused":
            raise MlflowException("the server has an error for this one")

    monkeypatch.setattr(sending, "_send_values", failing)
    assert sync() == 1
    assert runs() == [(behind, "FINISHED")], "the half run is deleted"
    assert "1 runs wait in .tracking/outbox" in capfd.readouterr().err
    assert [folder.name.rpartition("-")[2] for folder in paths.waiting()] == [refused]
    monkeypatch.undo()
    monkeypatch.setenv("DVC_ROOT", str(root))
    monkeypatch.chdir(root)
    assert sync() == 0 and sorted(runs()) == sorted([(behind, "FINISHED"), (refused, "FINISHED")])


def test_an_entry_is_on_the_disk_before_it_can_be_seen(root, monkeypatch):
    flushed, fsync, replace = [], os.fsync, Path.replace

    def noting(descriptor):
        flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    def checked(path, target):
        if path.parent == paths.outbox():
            assert {*path.rglob("*"), path} <= set(flushed), "files and folders"
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noting)
    monkeypatch.setattr(Path, "replace", checked)
    post()
    assert flushed[-1] == paths.outbox(), "its new name too"


def test_a_draft_of_a_killed_stage_is_deleted_a_day_later(root):
    post()
    for name, age in (("old", 2 * entries.DAY), ("new", 0.0)):
        draft = paths.outbox() / f".{name}"
        draft.mkdir()
        os.utime(draft, (time.time() - age,) * 2)
    assert sync() == 0
    assert [path.name for path in paths.outbox().iterdir()] == [".new"]


# ---- Kills -----------------------------------------------------------------------------------------------------------


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_at(owner, name: str, call: int, after: bool):
    """Work that sends, and is killed before or after a call of a function."""

    def work() -> int:
        calls, function = [], getattr(owner, name)

        def counting(*arguments, **more):
            calls.append(1)
            if len(calls) == call and not after:
                die()
            done = function(*arguments, **more)
            if len(calls) == call:
                die()
            return done

        setattr(owner, name, counting)
        return command.main([])

    return work


def half_deleted() -> int:
    """Work that is killed when it has deleted one file of a sent run."""

    rmtree = shutil.rmtree

    def dying(folder, *arguments, **more):
        for path in sorted(Path(folder).glob("*/artifact_0/*") if Path(folder).name == "deleted" else []):
            path.unlink()
            die()
        rmtree(folder, *arguments, **more)

    shutil.rmtree = dying
    return command.main([])


def points():
    from mlflow import MlflowClient

    calls = [("create_run", 1), ("log_batch", 1), ("log_batch", 2), ("log_batch", 3), ("log_inputs", 1)]
    calls += [("log_artifact", 1), ("log_image", 1), ("log_image", 2), ("log_table", 1), ("set_terminated", 1)]
    yield from ((MlflowClient, name, call, after) for name, call in calls for after in (False, True))
    yield from ((entries, "keep", 1, after) for after in (False, True))
    yield from ((Path, "replace", call, True) for call in (1, 2))  # of the kept values, out of the outbox


@faults
def test_a_kill_at_any_step_of_sending_loses_and_doubles_nothing(root, tally):
    wanted = [post()]
    assert sync() == 0
    for owner, name, call, after in points():
        wanted.append(post())
        work = killed_at(owner, name, call, after)
        assert forked(work) == -signal.SIGKILL, f"{name} was not called {call} times"
        if name == "set_terminated" and after:
            identity = ended_run(wanted[-1])
        assert sync() == 0 and not paths.waiting(), name
        assert runs() == sorted((execution, "FINISHED") for execution in wanted), (name, call, after)
        if name == "set_terminated" and after:
            assert ended_run(wanted[-1]) == identity, "the finished run is kept, not sent anew"
        tally.add("kills survived: the sender, at a step of sending")
    shutil.rmtree(".tracking/deleted", ignore_errors=True)  # of the last kill; the next run that arrives deletes it
    wanted.append(post())
    assert forked(half_deleted) == -signal.SIGKILL
    assert not paths.waiting() and list(Path(".tracking/deleted").iterdir())
    behind = post()
    assert sync() == 0
    assert runs() == sorted((execution, "FINISHED") for execution in [*wanted, behind])
    assert not Path(".tracking/deleted").exists() and not entries.aside()
    tally.add("kills survived: the sender, at a step of sending")


def ended_run(execution: str) -> list[tuple[str, str]]:
    query = "SELECT run_uuid, status FROM runs JOIN tags USING (run_uuid) WHERE key = 'execution' AND tags.value = ?"
    with closing(sqlite3.connect("mlflow.db")) as connection:
        return connection.execute(query, (execution,)).fetchall()


def test_a_finished_run_with_a_damaged_entry_stays(root):
    """The entry of an older sender, killed while it deleted it where it was."""
    execution = post()
    (folder,) = paths.waiting()
    shutil.copytree(folder, root / "copy")
    assert sync() == 0
    shutil.copytree(root / "copy", folder)
    (folder / "artifact_0/n.txt").unlink()
    assert sync() == 0 and runs() == [(execution, "FINISHED")]
    assert sync("--resend") == 0 and runs() == [(execution, "FINISHED")]


# ---- Stores ----------------------------------------------------------------------------------------------------------


@faults
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "zeroed", "text"])
def test_a_lost_database_is_named_and_its_runs_are_sent_again(root, tally, capfd, damage):
    first, second = post(), post()
    assert sync() == 0
    whole = Path("mlflow.db").read_bytes()
    Path("mlflow.db").unlink()
    if damage != "missing":
        left = {"empty": b"", "cut": whole[:5000], "zeroed": bytes(len(whole)), "text": b"no database" * 999}[damage]
        Path("mlflow.db").write_bytes(left)
    third = post()
    capfd.readouterr()
    if damage in {"cut", "zeroed", "text"}:
        assert sync() == 1 and len(paths.waiting()) == 1
        told = capfd.readouterr()
        assert told.err.count("warning: MLflow at") == 1 and "Traceback" not in told.err
        assert "1 runs wait in .tracking/outbox" in told.err and "1 runs waiting" in told.out
        assert "move mlflow.db away" in told.err
        Path("mlflow.db").unlink()
    assert sync() == 0
    told = capfd.readouterr().err
    assert "lacks 2 of the runs on record in runs/" in told and f"`{paths.RESEND}` sends the values of 2" in told
    assert runs() == [(third, "FINISHED")]
    assert sync("--resend") == 0
    assert runs() == sorted((execution, "FINISHED") for execution in (first, second, third))
    assert sync("--resend") == 0
    assert len(runs()) == 3
    tally.add("stores lost, damaged or locked, nothing lost")


@pytest.mark.parametrize("gone", [Path.unlink, lambda path: os.truncate(path, 0)], ids=["deleted", "same_inode"])
def test_a_sender_that_makes_a_new_database_does_not_hide_that_the_old_one_is_gone(root, capfd, gone):
    post()
    assert sync() == 0
    gone(Path("mlflow.db"))
    post()
    assert forked(sending.drain) == 0, "in the background"
    capfd.readouterr()
    assert sync() == 0 and "lacks 1 of the runs on record" in capfd.readouterr().err


@faults
@pytest.mark.parametrize("how", ["deleted", "purged"])
def test_a_deleted_experiment_is_made_again(root, tally, how):
    first = post()
    assert sync() == 0

    def delete() -> None:
        client = store.client()
        experiment = store.experiment_id(client, "size")
        half = client.create_run(experiment, tags={"execution": "half"})
        client.delete_run(half.info.run_id)
        client.delete_experiment(experiment)

    assert forked(delete) == 0
    if how == "purged":
        with closing(sqlite3.connect("mlflow.db")) as connection:
            connection.execute("UPDATE experiments SET name = 'gone' WHERE name = 'size'")
            connection.commit()
    second = post()
    assert sync() == 0 and not paths.waiting() and not entries.aside()
    found = runs()
    assert (second, "FINISHED") in found and not [run for run in found if run[0] == "half"]
    assert ((first, "FINISHED") in found) == (how == "deleted")
    tally.add("stores lost, damaged or locked, nothing lost")


@faults
@pytest.mark.parametrize("seconds", [float(os.environ.get("LOCKED_SECONDS", "8"))])
def test_a_database_locked_for_long_takes_the_run_afterwards(root, tally, seconds):
    post()
    assert sync() == 0
    execution, holder = post(), sqlite3.connect("mlflow.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    threading.Timer(seconds, lambda: (holder.execute("ROLLBACK"), holder.close())).start()
    began, results = time.monotonic(), []
    while not results or results[-1]:
        results.append(sync())
        assert results[-1] in {0, 1} and time.monotonic() - began < seconds + 120
    assert time.monotonic() - began >= seconds - 1 and (execution, "FINISHED") in runs()
    assert len(runs()) == 2
    tally.add("stores lost, damaged or locked, nothing lost")


def test_the_address_of_a_store_that_mlflow_takes_not_is_refused_in_one_line(root, monkeypatch, capfd):
    execution = post()
    for address in ("file:/data/runs", "file:///data/runs", "/data/runs", "runs", "foo://x", "s3://bucket"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        assert sync() == 1 and sync("--exit-zero") == 0
        told = capfd.readouterr().err
        assert told.count("\n") == 2 and told.count("MLFLOW_TRACKING_URI: MLflow takes no such address; name a ") == 2
        assert told.count("1 runs wait in .tracking/outbox") == 2
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert sync() == 0 and runs() == [(execution, "FINISHED")]


@pytest.mark.parametrize("name", ["a%20b", "a b", "a?b", "a#b", "100%", "%zz?x=y#z&ü", "it's"])
def test_the_project_may_lie_in_a_folder_of_any_name(root, monkeypatch, name):
    folder = root / "parent" / name
    (folder / ".dvc/tmp/exps/copy").mkdir(parents=True)
    monkeypatch.setenv("DVC_ROOT", str(folder))
    monkeypatch.chdir(folder)
    first = post()
    assert sync() == 0 and runs() == [(first, "FINISHED")]
    monkeypatch.chdir(".dvc/tmp/exps/copy")  # where `dvc exp run --temp` works
    second = post()
    assert sync() == 0
    assert runs(folder / "mlflow.db") == sorted([(first, "FINISHED"), (second, "FINISHED")])
    assert sorted(path.name for path in folder.glob("mlartifacts/size/*/artifacts/notes/*")) == ["n.txt", "n.txt"]
    assert [path.name for path in folder.parent.iterdir()] == [name], "nothing is made elsewhere"
    assert not list(Path().glob("mlflow.db"))
