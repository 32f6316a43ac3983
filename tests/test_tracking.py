"""The sender of runs: what tests/pipeline cannot time."""

import pytest
from filelock import FileLock

from latentspace import tracking


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
