"""What tests do with a smoke-size copy of the project."""

import json
from pathlib import Path

from latentspace.pipeline import quick


def dvc(project: Path, *words: str, check: bool = True) -> str:
    done = quick.run(project, "dvc", *words, check=False, quiet=True)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def stale(project: Path) -> set[str]:
    """The stages that DVC would run, but `inputs`, which always runs."""
    return set(json.loads(quick.run(project, "dvc", "status", "--json", quiet=True).stdout)) - {"inputs"}


def change(project: Path, old: str, new: str) -> None:
    path = project / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def outputs(project: Path) -> dict[str, bytes]:
    """Everything the pipeline makes but the run records, which name MLflow runs."""
    folders = ("data", "models", "metrics", "plots", "figures", "matrices")
    files = [file for folder in folders for file in (project / folder).rglob("*") if file.is_file()]
    return {str(file.relative_to(project)): file.read_bytes() for file in files if file.name != ".gitignore"}


def runs(project: Path) -> list:
    """All MLflow runs of the copy, after its outbox is empty."""
    quick.run(project, "python", "-m", "latentspace.pipeline.tracking", quiet=True)
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{project}/mlflow.db")
    store = mlflow.MlflowClient()
    ids = [experiment.experiment_id for experiment in store.search_experiments()]
    return list(store.search_runs(ids, max_results=1000))
