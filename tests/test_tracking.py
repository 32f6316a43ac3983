"""The sender of runs: what tests/pipeline cannot time, and what it adds for comparisons."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from latentspace import tracking
from latentspace.core.stage import declaration

ROOT = Path(__file__).parent.parent


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(tracking, "IDLE_SECONDS", 0.0)
    tracking.outbox().mkdir(parents=True)
    return tmp_path


def send_all() -> int:
    for folder in tracking.outbox().iterdir():
        folder.rmdir()
    return 0


def test_a_run_posted_while_the_sender_lets_go_is_sent(root, monkeypatch):
    class LetsGo(FileLock):
        """A run arrives, and its own sender finds the lock held, when this one has already stopped looking."""

        def release(self, force=False):
            if not (root / "posted").exists():
                (root / "posted").touch()
                (tracking.outbox() / "0001").mkdir()
            super().release(force)

    monkeypatch.setattr(tracking, "FileLock", LetsGo)
    monkeypatch.setattr(tracking, "drain", send_all)
    monkeypatch.setattr(tracking, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(tracking.os, "nice", lambda _: 0)
    tracking._background()
    assert (root / "posted").exists()
    assert not list(tracking.outbox().iterdir())


def test_a_second_sender_ends_at_once(root, monkeypatch):
    (tracking.outbox() / "0001").mkdir()
    monkeypatch.setattr(tracking, "drain", send_all)
    monkeypatch.setattr(tracking.os, "nice", lambda _: 0)
    with FileLock(root / ".tracking" / "sender.lock"):
        tracking._background()
    assert list(tracking.outbox().iterdir()), "the one that holds the lock sends"


def test_a_sender_that_gets_no_answer_leaves_the_run(root, monkeypatch):
    (tracking.outbox() / "0001").mkdir()
    monkeypatch.setattr(tracking, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(tracking, "drain", lambda: 1)
    monkeypatch.setattr(tracking.os, "nice", lambda _: 0)
    tracking._background()
    assert list(tracking.outbox().iterdir())


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
    monkeypatch.setattr(tracking, "drain", send_all)
    monkeypatch.setattr(tracking.os, "nice", lambda _: 0)
    sender = threading.Thread(target=tracking._background, args=[tracking.process(sleeper.pid)], daemon=True)
    sender.start()
    for name in ("0001", "0002"):
        assert until(tracking.sender_is_about)
        time.sleep(0.5)  # longer than it would wait without a run
        (tracking.outbox() / name).mkdir()
        assert until(lambda: not list(tracking.outbox().iterdir()))
    (tracking.outbox() / "0003").mkdir()
    sleeper.kill()
    sender.join(10)
    assert not sender.is_alive() and not tracking.sender_is_about()
    assert not list(tracking.outbox().iterdir()), "what was posted before the end is sent"


def test_a_killed_run_is_over_even_if_nobody_has_waited_for_it(sleeper):
    run = tracking.process(sleeper.pid)
    assert run.alive
    assert not tracking.Process(run.pid, "0").alive, "another process with the same number"
    sleeper.kill()
    assert until(lambda: not run.alive)
    assert tracking.process(2**22 + 1) is None


def test_the_run_of_a_stage_is_what_started_it_through_any_number_of_shells(monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    code = "from latentspace.tracking import run_of_stages as run; print(run() and run().pid)"
    told = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"], "PYTHON": sys.executable, "CODE": code}

    def printed(**more: str) -> str:
        command = """sh -c '"$PYTHON" -c "$CODE"; true'; true"""
        return subprocess.run(["sh", "-c", command], env=told | more, capture_output=True, text=True).stdout.strip()

    assert printed(DVC_STAGE="size_theory") == str(os.getpid())
    assert printed() == "None", "a stage that somebody starts by hand belongs to no run"


def test_mlflow_is_not_imported_when_nothing_waits_and_everything_is_there(tmp_path):
    code = "import sys; from latentspace import tracking; tracking.main([]); print('mlflow' in sys.modules)"
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
    monkeypatch.setattr(tracking, "start_sender", lambda: started.append(1))
    with FileLock(root / ".tracking" / "sender.lock"):
        tracking.post(tracking.RunLog("size_x", "size"))
    assert not started
    tracking.post(tracking.RunLog("size_x", "size"))
    assert len(started) == 1 and len(list(tracking.outbox().glob("[0-9]*"))) == 2


def test_models_are_exported_of_trainings_that_exist(monkeypatch):
    for name in tracking.EXPORTED:
        monkeypatch.chdir(ROOT / ("pretraining" if name.startswith("gan_pretrain") else ""))
        assert declaration(name).outs


def test_an_experiment_that_another_machine_makes_meanwhile_is_used(tmp_path, monkeypatch):
    """Two machines, one server: both find no experiment, both make it, one is told that it exists."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    store, other = tracking.client(), tracking.client()
    look, made = store.get_experiment_by_name, []

    def look_just_before(name):
        found = look(name)
        if not made:
            made.append(other.create_experiment(name))
        return found

    monkeypatch.setattr(store, "get_experiment_by_name", look_just_before)
    assert tracking.experiment_id(store, "size") == made[0]


def test_variants_are_compared_by_parameters_of_one_name():
    def sent(variant):
        params = {"organise_train.training.steps": 570, f"organise_train.variants.{variant}.weight": 0.1}
        log = tracking.RunLog("organise_train", "organise", params=params, tags={"variant": variant})
        return tracking.own_parameters(log)

    assert sent("pca_ae") == sent("lambda_1") == {"variant.weight": 0.1}
    whole = tracking.RunLog("organise_sweep", "organise", params={"organise_train.variants.pca_ae.weight": 0.1})
    assert tracking.own_parameters(whole) == {}, "a stage that reads every variant has none of its own"


def test_metrics_of_seeds_get_their_mean():
    metrics = {"test_mse/seed_0": 1.0, "test_mse/seed_1": 3.0, "unexplained/sigma_0.7_seed_0": 5.0, "alone": 7.0}
    assert tracking.seed_means(metrics) == {"test_mse": 2.0, "unexplained/sigma_0.7": 5.0}
    assert tracking.seed_means({"mse": 1.0, "mse/seed_0": 2.0}) == {}, "a metric of that name stays"


def test_views_compare_what_the_runs_of_their_stage_have():
    for chapter, views in tracking.VIEWS.items():
        for view in views:
            found = sorted((ROOT / "metrics" / view.stage).glob("*.json"))
            found = found or [ROOT / "metrics" / f"{view.stage}.json"]
            if view.stage == "report":
                found = [ROOT / "metrics" / "claims.json"]
            known = json.loads(found[0].read_text())
            known |= tracking.seed_means({k: v for k, v in known.items() if isinstance(v, float)})
            assert set(view.metrics.split()) <= set(known), f"{chapter}: {view.name}"
        tags = tracking.experiment_tags(chapter)
        saved = [json.loads(text) for key, text in tags.items() if key.startswith("mlflow.sharedViewState.")]
        assert [s["name"] for s in saved] == [view.name for view in views]
        assert all(json.loads(s["state"])["selectedColumns"] for s in saved)
