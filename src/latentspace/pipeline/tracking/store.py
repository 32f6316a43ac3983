"""MLflow's store: its client, the experiments of the chapters, and which executions it has."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from latentspace.pipeline.tracking.paths import AddressError, database, project_root, tracking_uri
from latentspace.pipeline.tracking.views import CHAPTERS, experiment_tags

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
COMPLETE = {"FINISHED", "FAILED"}  # a run that was closed as KILLED may still arrive


def client() -> MlflowClient:
    """A client of the project's store, with short time-outs: a dead server costs seconds instead of an hour.

    Raises:
        AddressError: MLflow refuses addresses of this kind.
    """
    scheme = re.split(r"[:+]", tracking_uri())[0].lower()
    if scheme not in {"http", "https", "databricks", *DATABASES}:
        raise AddressError(
            "MLFLOW_TRACKING_URI: MLflow takes no such address; name a database such as "
            "sqlite:////data/mlflow.db or a server such as http://127.0.0.1:5000"
        )
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")  # its warnings may contain the whole address
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    if scheme in DATABASES:
        import mlflow.store.db.utils

        mlflow.store.db.utils.MAX_RETRY_COUNT = 4  # 1.1 seconds instead of 102
    mlflow.set_tracking_uri(tracking_uri())
    return mlflow.MlflowClient()


def check(client: MlflowClient) -> None:
    """Ask the store for something small; errors of MLflow and of the network are passed on."""
    client.search_experiments(max_results=1)


def answers(client: MlflowClient) -> bool:
    """Whether the store is available."""
    try:
        check(client)
    except Exception:
        return False
    return True


def experiment_id(client: MlflowClient, chapter: str) -> str:
    """Id of the chapter's MLflow experiment, created on first use with its artifacts in the original repository.

    An experiment that was deleted in MLflow's UI is restored, as its name stays taken.
    """
    from mlflow.exceptions import MlflowException

    experiment = client.get_experiment_by_name(chapter)
    if experiment is not None:
        if experiment.lifecycle_stage == "deleted":
            _restore(client, str(experiment.experiment_id))
        return str(experiment.experiment_id)
    location = (project_root() / "mlartifacts" / chapter).as_uri() if tracking_uri().startswith("sqlite:") else None
    try:
        made = client.create_experiment(chapter, artifact_location=location)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return experiment_id(client, chapter)  # another machine has just created it on this server
    for key, text in experiment_tags(chapter).items():
        client.set_experiment_tag(made, key, text)
    return str(made)


def _restore(client: MlflowClient, experiment: str) -> None:
    """Restore an experiment; MLflow restores its deleted runs too, of which those that never ended are deleted."""
    client.restore_experiment(experiment)
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'", max_results=1000):
        client.delete_run(run.info.run_id)


def runs_of(client: MlflowClient, chapter: str, execution: str) -> list[Run]:
    """The runs of an execution; more than one if earlier senders were killed. Creates no experiment."""
    experiment = client.get_experiment_by_name(chapter)
    if experiment is None or experiment.lifecycle_stage == "deleted":
        return []
    return list(client.search_runs([experiment.experiment_id], f"tags.execution = '{execution}'", max_results=100))


def ended(run: Run) -> bool:
    """Whether it was sent completely."""
    return run.info.status in COMPLETE


def find_run(client: MlflowClient, chapter: str, execution: str) -> str | None:
    """MLflow's id of an execution that was sent completely, or None."""
    found = [str(run.info.run_id) for run in runs_of(client, chapter, execution) if ended(run)]
    return found[0] if found else None


def executions(client: MlflowClient) -> set[str]:
    """All executions that the store has."""
    experiments = [client.get_experiment_by_name(chapter) for chapter in CHAPTERS]
    ids = [found.experiment_id for found in experiments if found and found.lifecycle_stage == "active"]
    found, token = set(), None
    while ids:
        page = client.search_runs(ids, max_results=1000, page_token=token)
        found |= {run.data.tags.get("execution", "") for run in page if ended(run)}
        token = page.token
        if not token:
            break
    return found


def identity() -> str:
    """Which database the project's own store is, by the time of its first experiment; empty if this cannot be read.

    Not by the number of the file, which the next file may have after it was deleted.
    """
    path = database()
    if not path.is_file():  # SQLite would ask for a folder's journal, and may wait for a pipe
        return ""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (created,) = connection.execute("SELECT min(creation_time) FROM experiments").fetchone()
    except sqlite3.Error:
        return ""
    return str(created or "")
