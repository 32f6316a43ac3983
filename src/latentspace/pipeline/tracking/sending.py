"""Send the runs of the outbox to the tracking store; the only module that imports MLflow."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from latentspace.pipeline.tracking.outbox import RunLog
from latentspace.pipeline.tracking.paths import outbox, project_root, tracking_uri, warn, without_password
from latentspace.pipeline.tracking.views import experiment_tags

if TYPE_CHECKING:
    from mlflow import MlflowClient


LIMITS = {"metrics": 900, "params": 100, "tags": 100}  # items that the store accepts in one call


def client() -> MlflowClient:
    """A client of the project's store, with short time-outs: a dead server costs seconds instead of an hour."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    mlflow.set_tracking_uri(tracking_uri())
    return mlflow.MlflowClient()


def experiment_id(store: MlflowClient, chapter: str) -> str:
    """Id of the chapter's MLflow experiment, created on first use with its artifacts in the original repository."""
    from mlflow.exceptions import MlflowException

    experiment = store.get_experiment_by_name(chapter)
    if experiment is not None:
        return str(experiment.experiment_id)
    local = tracking_uri().startswith("sqlite:")
    location = (project_root() / "mlartifacts" / chapter).as_uri() if local else None
    try:
        made = store.create_experiment(chapter, artifact_location=location)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return experiment_id(store, chapter)  # another machine has just created it on this server
    for key, text in experiment_tags(chapter).items():
        store.set_experiment_tag(made, key, text)
    return str(made)


def drain(timeout: float = 60.0) -> int:
    """Send everything in the outbox, oldest first; only one process sends at a time. Never raises.

    Returns:
        Number of unsent runs, 0 when all are sent.
    """
    waiting = sorted(outbox().glob("[0-9]*")) if outbox().is_dir() else []
    if not waiting:
        return 0
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock", timeout=timeout), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = client()
            for folder in sorted(outbox().glob("[0-9]*")):
                _send_or_set_aside(store, folder)
    except Exception as error:  # a failing store or network must not lose results
        warn(error, "runs wait in .tracking/outbox")
    return len(list(outbox().glob("[0-9]*")))


def find_run(store: MlflowClient, chapter: str, execution: str) -> str | None:
    """MLflow's id of an execution, or None if the store does not have it."""
    experiment = experiment_id(store, chapter)
    found = store.search_runs([experiment], f"tags.execution = '{execution}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def run_ids(records: list[dict[str, Any]]) -> dict[str, str]:
    """MLflow run ids, by stage, of those run records that the store has; {} if the store is unavailable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = client()
            found = {r["stage"]: find_run(store, r["chapter"], r["execution"]) for r in records}
    except Exception as error:  # as in `drain`
        warn(error, "no links to runs")
        return {}
    return {stage: run_id for stage, run_id in found.items() if run_id}


def run_address(run_id: str) -> str:
    """Address of a run in the MLflow UI, on the tracking server or on the one that `make ui` starts."""
    server = without_password(tracking_uri()) if tracking_uri().startswith("http") else "http://127.0.0.1:5000"
    return f"{server.rstrip('/')}/#/runs/{run_id}"


def _send_or_set_aside(store: MlflowClient, folder: Path) -> None:
    """Send one run; a run that can never be sent is moved to .tracking/rejected, so that it does not block others."""
    from mlflow.exceptions import MlflowException

    try:
        send(store, folder)
        shutil.rmtree(folder)
    except (MlflowException, ValueError, TypeError, KeyError, FileNotFoundError) as error:
        # Errors other than MlflowException: the run or a model file is damaged, incomplete or from older code.
        if isinstance(error, MlflowException) and error.error_code != "INVALID_PARAMETER_VALUE":
            raise
        rejected = project_root() / ".tracking" / "rejected"
        rejected.mkdir(exist_ok=True)
        folder.replace(rejected / folder.name)
        reason = without_password(str(error))
        print(f"warning: a run cannot be sent, now in {rejected.name}/{folder.name}: {reason}", file=sys.stderr)


def send(store: MlflowClient, folder: Path) -> None:
    """Send the run in `folder`; errors of MLflow, of the network and of the files are passed on."""
    log = RunLog(**json.loads((folder / "run.json").read_text(encoding="utf-8")))
    if partial := find_run(store, log.chapter, log.tags["execution"]):  # an earlier sender was killed while sending it
        store.delete_run(partial)
    experiment = experiment_id(store, log.chapter)
    tags = {"execution": log.tags["execution"], "mlflow.source.name": log.stage}
    run = store.create_run(experiment, start_time=int(log.started * 1000), run_name=log.stage, tags=tags)
    run_id, ended = str(run.info.run_id), int(log.ended * 1000)
    _send_values(store, run_id, log, ended)
    _send_files(store, run_id, log, folder)
    store.set_terminated(run_id, status="FAILED" if log.failed else "FINISHED", end_time=ended)


def _send_values(store: MlflowClient, run_id: str, log: RunLog, ended: int) -> None:
    """Send the metrics and curves, parameters, tags and data sets of a run."""
    from mlflow.entities import Metric, Param, RunTag

    notes = {**log.tags, "mlflow.note.content": log.description}
    notes |= {f"data.{name}": digest for name, digest, _ in log.datasets}
    notes = {re.sub(r"[^\w\-. :/]", ":", key): text for key, text in notes.items()}  # the characters MLflow allows
    # A penalty is NaN where it does not apply; MLflow would show NaN as the last value of the curve.
    points = [Metric(key, value, ended, step) for key, step, value in log.curves if not math.isnan(value)]
    points += [Metric(key, value, ended, 0) for key, value in log.metrics.items()]
    _in_parts("metrics", points, lambda part: store.log_batch(run_id, metrics=part))
    params = [Param(key, str(value)[:6000]) for key, value in log.params.items()]
    _in_parts("params", params, lambda part: store.log_batch(run_id, params=part))
    _in_parts("tags", [RunTag(k, v[:5000]) for k, v in notes.items()], lambda part: store.log_batch(run_id, tags=part))
    for name, digest, path in log.datasets:
        store.log_inputs(run_id, [_dataset(name, digest, path)])


def _send_files(store: MlflowClient, run_id: str, log: RunLog, folder: Path) -> None:
    """Send the artifacts, images, tables and models of a run from `folder`."""
    for path, target in log.artifacts:
        store.log_artifact(run_id, str(folder / path), target or None)
    for key, step, path in log.images:
        store.log_image(run_id, _pixels(folder / path), key=key, step=step)
    for name, table in log.tables.items():
        store.log_table(run_id, table, f"tables/{name}.json")
    for name, path, example in log.models:
        try:
            _log_model(run_id, name, folder / path, example)
        except Exception as error:  # a network that MLflow cannot export must not lose the run
            store.set_tag(run_id, f"model.{name}", f"not stored: {type(error).__name__}")


def _in_parts(kind: str, items: list[Any], log: Callable[[list[Any]], Any]) -> None:
    for start in range(0, len(items), LIMITS[kind]):
        log(items[start : start + LIMITS[kind]])


def _pixels(path: Path) -> Any:
    from PIL import Image

    return Image.open(path).convert("RGB")


def _dataset(name: str, digest: str, path: str) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = json.dumps({"uri": path})
    dataset = Dataset(name=name, digest=digest[:36], source_type="local", source=source)
    return DatasetInput(dataset=dataset, tags=[InputTag("mlflow.data.context", "training")])


def _log_model(run_id: str, name: str, path: Path, example: list[Any]) -> None:
    import mlflow.pytorch
    import numpy as np
    import torch

    from latentspace import load

    with mlflow.start_run(run_id=run_id):
        mlflow.pytorch.log_model(
            load(path),
            name=name,
            input_example=np.asarray(example, dtype=np.float32),
            pip_requirements=[f"torch=={torch.__version__.split('+')[0]}"],
        )


def load_model(run_id: str, name: str) -> Any:
    """Load a network that run `run_id` logged under `name`; raises ValueError if the run has no such model."""
    import mlflow.pytorch

    store = client()
    for output in store.get_run(run_id).outputs.model_outputs:
        logged = store.get_logged_model(output.model_id)
        if logged.name == name:
            return mlflow.pytorch.load_model(logged.model_uri)
    raise ValueError(f"run {run_id} has no model {name!r}")
