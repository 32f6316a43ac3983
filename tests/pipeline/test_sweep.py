"""A queue of experiments worked off by several processes at once, one database for all their runs."""

import csv
import io
import time
from pathlib import Path

import pytest

from latentspace.pipeline import quick

pytestmark = pytest.mark.pipeline

GRID = range(200, 320, 10)  # twelve experiments of the cheapest stage
WORKERS = 3


@pytest.fixture
def fresh(root, tmp_path) -> Path:
    """A copy of the project in which nothing has run, so that the first runs also make the database."""
    quick.prepare(root, tmp_path / "project")
    quick.run(tmp_path / "project", "git", "add", ".")
    quick.run(
        tmp_path / "project", "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "start"
    )
    return tmp_path / "project"


def dvc(project: Path, *words: str) -> str:
    done = quick.run(project, "dvc", *words, check=False, quiet=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for(count: int, project: Path, seconds: float = 600) -> None:
    """Until the queue has made `count` experiments and its workers have ended."""
    deadline = time.monotonic() + seconds
    while len(dvc(project, "exp", "list", "--name-only").split()) < count:  # cheaper than the queue's own status
        assert time.monotonic() < deadline, dvc(project, "queue", "status")
        time.sleep(1)
    while (status := dvc(project, "queue", "status")).count("Success") < count:
        assert time.monotonic() < deadline and "Failed" not in status, status
        time.sleep(1)


def shown(project: Path) -> dict[str, str]:
    """Grid of every experiment by its name, as `dvc exp show` has it."""
    rows = csv.DictReader(io.StringIO(dvc(project, "exp", "show", "--csv")))
    return {row["Experiment"]: row["size_theory.grid"] for row in rows if row["Experiment"]}


def test_every_experiment_of_a_sweep_is_one_experiment_and_one_run(fresh):
    dvc(
        fresh,
        "exp",
        "run",
        "--queue",
        "-S",
        f"size_theory.grid=range({GRID.start},{GRID.stop},{GRID.step})",
        "size_theory",
    )
    dvc(fresh, "queue", "start", "--jobs", str(WORKERS))
    wait_for(len(GRID), fresh)
    quick.run(fresh, "python", "-m", "latentspace.pipeline.tracking", quiet=True)  # returns when all is sent
    experiments = shown(fresh)
    assert sorted(experiments.values()) == [str(grid) for grid in GRID]

    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{fresh}/mlflow.db")
    store = mlflow.MlflowClient()
    ids = [experiment.experiment_id for experiment in store.search_experiments()]
    runs = store.search_runs(ids, max_results=1000)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {run.info.run_name for run in runs} == {"size_theory"}
    named = {run.data.tags["dvc.experiment"]: run.data.params["size_theory.grid"] for run in runs}
    assert len(runs) == len(GRID)
    assert named == experiments
    assert all(len(store.get_metric_history(run.info.run_id, "theory.k_r3")) == 1 for run in runs)
    assert not list((fresh / ".tracking/outbox").iterdir())
    assert not (fresh / ".tracking/rejected").exists()
