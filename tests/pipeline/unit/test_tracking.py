"""The sender of runs: what the tests of the graph cannot time, and the columns that MLflow compares."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from filelock import FileLock

from latentspace.pipeline.declaration import Declaration, declaration
from latentspace.pipeline.flat import flatten
from latentspace.pipeline.params import lookup, read_yaml
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.tracking import __main__ as background
from latentspace.pipeline.tracking import outbox, paths, sending, views
from latentspace.pipeline.tracking import sender as processes

ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(background, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(background, "PATIENCE", 0.3)
    paths.outbox().mkdir(parents=True)
    return tmp_path


def send_all() -> int:
    for folder in paths.outbox().iterdir():
        folder.rmdir()
    return 0


def test_a_run_posted_while_the_sender_lets_go_is_sent(root, monkeypatch):
    class LetsGo(FileLock):
        """A run arrives, and its own sender finds the lock held, when this one has already stopped looking."""

        def release(self, force=False):
            if not (root / "posted").exists():
                (root / "posted").touch()
                (paths.outbox() / "0001").mkdir()
            super().release(force)

    monkeypatch.setattr(background, "FileLock", LetsGo)
    monkeypatch.setattr(background, "drain", send_all)
    monkeypatch.setattr(background, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(background.os, "nice", lambda _: 0)
    background.background()
    assert (root / "posted").exists()
    assert not list(paths.outbox().iterdir())


def test_a_second_sender_ends(root, monkeypatch):
    (paths.outbox() / "0001").mkdir()
    monkeypatch.setattr(background, "drain", send_all)
    monkeypatch.setattr(background.os, "nice", lambda _: 0)
    with FileLock(root / ".tracking" / "sender.lock"):
        background.background()
    assert list(paths.outbox().iterdir()), "the one that holds the lock sends"


def test_a_sender_outlasts_a_process_that_looks_whether_one_runs(root, monkeypatch):
    (paths.outbox() / "0001").mkdir()
    monkeypatch.setattr(background, "drain", send_all)
    monkeypatch.setattr(background.os, "nice", lambda _: 0)
    with FileLock(root / ".tracking" / "sender.lock") as looking:  # as `sender_is_running` does, for less long
        sender = threading.Thread(target=background.background, daemon=True)
        sender.start()
        time.sleep(0.1)
        looking.release()
        sender.join(10)
    assert not list(paths.outbox().iterdir())


def test_a_sender_that_gets_no_answer_leaves_the_run(root, monkeypatch):
    (paths.outbox() / "0001").mkdir()
    monkeypatch.setattr(background, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(background, "drain", lambda: 1)
    monkeypatch.setattr(background.os, "nice", lambda _: 0)
    background.background()
    assert list(paths.outbox().iterdir())


@pytest.fixture
def sleeper():
    """A process that stands for the `dvc` of a run."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def until(condition, seconds=10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_sender_serves_its_run_to_the_end_and_no_longer(root, monkeypatch, sleeper):
    monkeypatch.setattr(background, "drain", send_all)
    monkeypatch.setattr(background.os, "nice", lambda _: 0)
    sender = threading.Thread(target=background.background, args=[processes.process(sleeper.pid)], daemon=True)
    sender.start()
    for name in ("0001", "0002"):
        assert until(processes.sender_is_running)
        time.sleep(0.5)  # longer than it would wait without a run
        (paths.outbox() / name).mkdir()
        assert until(lambda: not list(paths.outbox().iterdir()))
    (paths.outbox() / "0003").mkdir()
    sleeper.kill()
    sender.join(10)
    assert not sender.is_alive() and not processes.sender_is_running()
    assert not list(paths.outbox().iterdir()), "what was posted before the end is sent"


def announce(root: Path, process: processes.Process) -> None:
    folder = paths.live() / "0001"
    folder.mkdir(parents=True)
    log = {"stage": "size_x", "chapter": "size", "tags": {"execution": "0001"}}
    (folder / "run.json").write_text(json.dumps({"log": log, "process": asdict(process)}))


@pytest.mark.parametrize("answers", [True, False])
def test_a_sender_follows_an_announced_stage_to_its_end_and_asks_a_dead_store_seldom(
    root, monkeypatch, sleeper, answers
):
    looks = []

    class Follower:
        def look(self):
            looks.append(time.monotonic())
            return answers

    monkeypatch.setattr(background, "Follower", Follower)
    monkeypatch.setattr(background, "EVERY", 0.3)
    monkeypatch.setattr(background, "RETRY", 60.0)
    monkeypatch.setattr(background.os, "nice", lambda _: 0)
    announce(root, processes.process(sleeper.pid))
    sender = threading.Thread(target=background.background, daemon=True)
    sender.start()
    assert until(lambda: len(looks) > 2) if answers else not until(lambda: len(looks) > 1, 1.0)
    assert sender.is_alive(), "without a `dvc` process it would have ended after IDLE_SECONDS"
    before = len(looks)
    sleeper.kill()
    sender.join(10)
    assert not sender.is_alive() and len(looks) > before, "it looks once more, to close the run"


def test_a_killed_run_is_over_even_if_nobody_has_waited_for_it(sleeper):
    run = processes.process(sleeper.pid)
    assert run.alive
    assert not processes.Process(run.pid, "0").alive, "another process with the same number"
    sleeper.kill()
    assert until(lambda: not run.alive)
    assert processes.process(2**22 + 1) is None


def test_the_run_of_a_stage_is_what_started_it_through_any_number_of_shells(monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    code = "from latentspace.pipeline.tracking.sender import run_of_stages as run; print(run() and run().pid)"
    told = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"], "PYTHON": sys.executable, "CODE": code}

    def printed(**more: str) -> str:
        command = """sh -c '"$PYTHON" -c "$CODE"; true'; true"""
        return subprocess.run(["sh", "-c", command], env=told | more, capture_output=True, text=True).stdout.strip()

    assert printed(DVC_STAGE="size_theory") == str(os.getpid())
    assert printed() == "None", "a stage that somebody starts by hand belongs to no run"


def test_mlflow_is_not_imported_when_nothing_waits_and_everything_is_there(tmp_path):
    code = (
        "import sys; from latentspace.pipeline.tracking import __main__ as tracking; tracking.main([]); "
        "print('mlflow' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"], "DVC_ROOT": str(tmp_path)}

    def imports_mlflow() -> bool:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.split()[-1] == "True"

    assert imports_mlflow() and (tmp_path / "mlflow.db").exists()
    assert not imports_mlflow()
    (tmp_path / "mlflow.db").unlink()
    assert imports_mlflow() and (tmp_path / "mlflow.db").exists()


def test_no_second_sender_is_started(root, monkeypatch):
    started = []
    monkeypatch.setattr(outbox, "start_sender", lambda: started.append(1))
    with FileLock(root / ".tracking" / "sender.lock"):
        outbox.post(outbox.RunLog("size_x", "size"))
    assert not started
    outbox.post(outbox.RunLog("size_x", "size"))
    assert len(started) == 1 and len(list(paths.outbox().glob("[0-9]*"))) == 2


def test_models_are_exported_of_trainings_that_exist(monkeypatch):
    for name in outbox.EXPORTED:
        monkeypatch.chdir(ROOT / ("pretraining" if name.startswith("gan_pretrain") else ""))
        assert declaration(name).outs


def test_an_experiment_that_another_machine_makes_meanwhile_is_used(tmp_path, monkeypatch):
    """Two machines, one server: both find no experiment, both make it, one is told that it exists."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    store, other = sending.client(), sending.client()
    look, made = store.get_experiment_by_name, []

    def look_just_before(name):
        found = look(name)
        if not made:
            made.append(other.create_experiment(name))
        return found

    monkeypatch.setattr(store, "get_experiment_by_name", look_just_before)
    assert sending.experiment_id(store, "size") == made[0]


def test_views_compare_what_the_runs_of_their_stage_have(monkeypatch):
    monkeypatch.chdir(ROOT)
    for chapter, tables in views.VIEWS.items():
        for view in tables:
            assert set(view.metrics.split()) <= metrics_of(view.stage), f"{chapter}: {view.name}"
            assert set(view.params.split()) <= params_of(view.stage), f"{chapter}: {view.name}"
        tags = views.experiment_tags(chapter)
        saved = [json.loads(text) for key, text in tags.items() if key.startswith("mlflow.sharedViewState.")]
        assert [s["name"] for s in saved] == [view.name for view in tables]
        assert all(json.loads(s["state"])["selectedColumns"] for s in saved)


def metrics_of(stage: str) -> set[str]:
    """Names of the metrics in the runs of a stage: those of its files, and their means over the seeds."""
    if stage == "report":
        return set(json.loads(Path("metrics/claims.json").read_text()))
    files = sorted(Path("metrics", stage).glob("*.json")) or [Path("metrics", f"{stage}.json")]
    keys = set(json.loads(files[0].read_text()))
    return keys | {re.sub(r"[/_]seed_\d+$", "", key) for key in keys}


def params_of(stage: str) -> set[str]:
    """Names of the parameters in the runs of a stage and its variants."""
    if stage == "report":
        return set(dict(flatten(read_yaml(Path("params.yaml")))))
    stages = read_yaml(Path("dvc.yaml"))["stages"]
    return {key for name in variants(stage, stages[stage]) for key in Stage(name, without_files(name)).log.params}


def variants(stage: str, declared: dict) -> list[str]:
    kinds = declared.get("foreach") or declared.get("matrix", {}).get("variant")
    listed = lookup(read_yaml(Path("params.yaml")), kinds.strip("${}")) if kinds else []
    return [f"{stage}@{name}" for name in listed] or [stage]


def without_files(name: str) -> Declaration:
    """A declaration without its dependencies, which need not exist here."""
    return replace(declaration(name), deps=())
