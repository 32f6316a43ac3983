"""A training in the real graph, as MLflow shows it: it grows, is closed when killed, and is complete when resumed."""

import os
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing

import pytest

from latentspace.pipeline import quick

from .test_interrupt import STAGE, copy, until  # noqa: F401

pytestmark = pytest.mark.pipeline


def query(project, text: str) -> list[tuple]:
    """Rows of the database of MLflow, none while it does not exist."""
    try:
        with closing(sqlite3.connect(f"file:{project}/mlflow.db?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(text).fetchall()
    except sqlite3.OperationalError:
        return []


def runs(project) -> list[tuple[str, str]]:
    """Id and status of the runs of the stage, oldest first."""
    found = query(project, f"SELECT run_uuid, status FROM runs WHERE name = '{STAGE}' ORDER BY start_time")
    return [(run, status) for run, status in found]


def steps(project, run: str) -> list[int]:
    return [
        step for (step,) in query(project, f"SELECT step FROM metrics WHERE run_uuid = '{run}' AND key LIKE 'loss/%'")
    ]


def sync(project) -> None:
    quick.run(project, "python", "-m", "latentspace.pipeline.tracking", quiet=True)


def test_a_training_grows_in_mlflow_is_closed_when_killed_and_resumes_to_a_complete_run(copy):  # noqa: F811
    sync(copy)  # as `make setup` does
    command = ["dvc", "repro", "--single-item", STAGE]
    killed = subprocess.Popen(command, cwd=copy, env=quick.environment(copy), start_new_session=True)
    until(lambda: runs(copy))
    ((run, status),) = runs(copy)
    assert status == "RUNNING"
    until(lambda: len(steps(copy, run)) > 1)
    before = max(steps(copy, run))
    until(lambda: max(steps(copy, run)) > before)
    assert killed.poll() is None and runs(copy) == [(run, "RUNNING")]
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    until(lambda: runs(copy) == [(run, "KILLED")])  # by its sender, which outlives it
    subprocess.run(command, cwd=copy, env=quick.environment(copy), check=True)
    sync(copy)
    (first, (second, status)) = runs(copy)
    assert first == (run, "KILLED") and status == "FINISHED"
    curve = Counter(steps(copy, second))
    assert {*range(0, 4000, 40), 3999} <= curve.keys() and {*curve.values()} <= {1, 2}, "two seeds"
    doubled = "SELECT key FROM metrics GROUP BY run_uuid, key, step HAVING COUNT(*) > 1"
    assert query(copy, "SELECT key FROM metrics") and not query(copy, doubled)
    assert not list((copy / ".tracking/live").iterdir())
