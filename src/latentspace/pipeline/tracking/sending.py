"""Send the runs of the outbox to the tracking store."""

from __future__ import annotations

import json
import math
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from latentspace.pipeline.tracking import entries, paths
from latentspace.pipeline.tracking.announced import Point, forget, pictures
from latentspace.pipeline.tracking.contents import Contents, contents
from latentspace.pipeline.tracking.outbox import RunLog
from latentspace.pipeline.tracking.paths import left, project_root, reason, waiting, warn
from latentspace.pipeline.tracking.registry import register
from latentspace.pipeline.tracking.store import answers, check, client, ended, experiment_id, find_run, runs_of

if TYPE_CHECKING:
    from mlflow import MlflowClient


LIMITS = {"metrics": 900, "params": 100, "tags": 100}  # items that the store accepts in one call


def drain(timeout: float = 60.0) -> int:
    """Send everything in the outbox, oldest first; only one process sends at a time. Never raises.

    Returns:
        Number of unsent runs, 0 when all are sent.
    """
    if not waiting():
        return 0
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock", timeout=timeout), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            entries.sweep()
            store = client()
            check(store)
            failed = [error for folder in waiting() if (error := _send_or_set_aside(store, folder))]
        if failed:
            warn(failed[0], left())
    except Exception as error:  # a failing store or network must not lose results
        warn(error, left(error))
    return len(waiting())


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


def _send_or_set_aside(store: MlflowClient, folder: Path) -> Exception | None:
    """Send one run. One that can never be sent is set aside, so that it does not block others.

    Returns:
        An error that the run did not cause, after which it stays in the outbox; None otherwise.

    Raises:
        Exception: the store does not answer.
    """
    try:
        log = entries.read(folder)
    except FileNotFoundError as error:
        if folder.exists():
            entries.set_aside(folder, error)
        return None
    except Exception as error:  # whatever is wrong with it
        entries.set_aside(folder, error)
        return None
    try:
        send(store, log, folder)
        entries.remove(folder, log)
        forget(log.tags["execution"])
    except Exception as error:
        if not answers(store):
            raise
        if not _of_the_run(error):
            return error
        entries.set_aside(folder, error)
    return None


def _of_the_run(error: Exception) -> bool:
    """Whether the values of the run caused an error, and it would come again."""
    from mlflow.exceptions import MlflowException

    if isinstance(error, MlflowException):
        return bool(error.error_code == "INVALID_PARAMETER_VALUE")
    values = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
    return isinstance(error, values) and not isinstance(error, OSError)  # some errors of requests are both


def send(store: MlflowClient, log: RunLog, folder: Path) -> None:
    """Send a run with its files in `folder`, unless the store has it; errors of MLflow and the network are passed on.

    A run that was shown while the stage was executed, or begun by a sender that was killed, is continued.
    """
    found = opened(store, log)
    if found is None:
        return
    run_id, there = found
    try:
        _send_values(store, run_id, log, there)
        _send_files(store, run_id, log, folder, there)
        _register_models(store, run_id, log)
        status = "FAILED" if log.failed else "FINISHED"
        store.set_terminated(run_id, status=status, end_time=int(log.ended * 1000))
    except Exception:
        with suppress(Exception):
            if there.new and not ended(store.get_run(run_id)):
                store.delete_run(run_id)
        raise


def opened(store: MlflowClient, log: RunLog) -> tuple[str, Contents] | None:
    """The run of an execution, and what it has; made with its parameters and tags if the store has none.

    Returns:
        None if the store has it completely.
    """
    experiment = experiment_id(store, log.chapter)  # restored first, if it was deleted
    found = runs_of(store, log.chapter, log.tags["execution"])
    complete, begun = any(map(ended, found)), [run for run in found if not ended(run)]
    for double in begun[not complete :]:
        store.delete_run(double.info.run_id)
    if complete:
        return None
    if begun:
        return str(begun[0].info.run_id), contents(store, begun[0])
    tags = {"execution": log.tags["execution"], "mlflow.source.name": log.stage}
    made = store.create_run(experiment, start_time=int(log.started * 1000), run_name=log.stage, tags=tags)
    return str(made.info.run_id), Contents(new=True)


def resend() -> int:
    """Put back what was set aside, and send the kept values of the recorded runs that the store lacks. Never raises.

    Returns:
        Number of runs that were put back or sent again.
    """
    count = entries.put_back()
    recorded, records = entries.on_record(), entries.kept()
    try:
        with FileLock(project_root() / ".tracking" / "drain.lock", timeout=60), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = client()
            check(store)
            for execution in sorted(recorded & records.keys(), key=lambda name: records[name].stat().st_mtime):
                try:
                    log = entries.from_record(records[execution])
                    if not find_run(store, log.chapter, execution):
                        send(store, log, project_root())
                        count += 1
                except Exception as error:
                    if not answers(store):
                        raise
                    print(f"warning: {records[execution].name} cannot be sent: {reason(error)}", file=sys.stderr)
    except Exception as error:  # as in `drain`
        warn(error, f"{len(recorded & records.keys())} records were not compared")
    return count


def _send_values(store: MlflowClient, run_id: str, log: RunLog, there: Contents) -> None:
    """Send the metrics and curves, parameters, tags and data sets of a run."""
    from mlflow.entities import Metric

    end = int(log.ended * 1000)
    send_points(store, run_id, [(*point, end) for point in log.curves], there)
    metrics = [Metric(key, value, end, 0) for key, value in log.metrics.items()]
    _in_parts("metrics", metrics, lambda part: store.log_batch(run_id, metrics=part))
    send_names(store, run_id, log, there)
    for name, digest, path in log.datasets:
        store.log_inputs(run_id, [_dataset(name, digest, path)])


def send_points(store: MlflowClient, run_id: str, points: Sequence[Point], there: Contents) -> None:
    """Send those points of curves that the run lacks."""
    from mlflow.entities import Metric

    # A penalty is NaN where it does not apply; MLflow would show NaN as the last value of the curve.
    missing = [point for point in points if point[:2] not in there.points and not math.isnan(point[2])]
    metrics = [Metric(key, value, time, step) for key, step, value, time in missing]
    _in_parts("metrics", metrics, lambda part: store.log_batch(run_id, metrics=part))
    there.points.update((key, step) for key, step, *_ in missing)


def send_names(store: MlflowClient, run_id: str, log: RunLog, there: Contents) -> None:
    """Send the parameters that the run lacks, and its tags."""
    from mlflow.entities import Param, RunTag

    params = [Param(key, str(value)[:6000]) for key, value in log.params.items() if key not in there.params]
    _in_parts("params", params, lambda part: store.log_batch(run_id, params=part))
    notes = {**log.tags, "mlflow.note.content": log.description}
    notes |= {f"data.{name}": digest for name, digest, _ in log.datasets}
    notes = {re.sub(r"[^\w\-. :/]", ":", key): text for key, text in notes.items()}  # the characters MLflow allows
    _in_parts("tags", [RunTag(k, v[:5000]) for k, v in notes.items()], lambda part: store.log_batch(run_id, tags=part))


def _send_files(store: MlflowClient, run_id: str, log: RunLog, folder: Path, there: Contents) -> None:
    """Send the artifacts, images, tables and models of a run from `folder`, and its pictures of the live view."""
    for path, target in log.artifacts:
        store.log_artifact(run_id, str(folder / path), target or None)
    shown = pictures(paths.live() / log.tags["execution"])
    send_images(store, run_id, [*shown, *((key, step, folder / path) for key, step, path in log.images)], there)
    for name, table in log.tables.items():
        _send_table(store, run_id, f"tables/{name}.json", table, there)
    for name, path, example in log.models:
        try:
            if name not in there.models:
                _log_model(run_id, name, folder / path, example)
        except Exception as error:  # a network that MLflow cannot export must not lose the run
            store.set_tag(run_id, f"model.{name}", f"not stored: {type(error).__name__}")


def _register_models(store: MlflowClient, run_id: str, log: RunLog) -> None:
    try:
        register(store, log)
    except Exception as error:  # a registry that does not work must not lose the run
        store.set_tag(run_id, "models", f"not registered: {type(error).__name__}")


def send_images(store: MlflowClient, run_id: str, images: Sequence[tuple[str, int, Path]], there: Contents) -> None:
    """Send those images, by key and step, that the run lacks."""
    for key, step, path in images:
        if (key, step) not in there.images:
            store.log_image(run_id, entries.pixels(path), key=key, step=step)
            there.images.add((key, step))


def _send_table(store: MlflowClient, run_id: str, file: str, table: dict[str, list[Any]], there: Contents) -> None:
    if file in there.halves:  # MLflow appends to a table that is there
        store.log_text(run_id, json.dumps({"columns": [*table], "data": []}), file)
    if file not in there.tables:
        store.log_table(run_id, table, file)


def _in_parts(kind: str, items: list[Any], log: Callable[[list[Any]], Any]) -> None:
    for start in range(0, len(items), LIMITS[kind]):
        log(items[start : start + LIMITS[kind]])


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

    mlflow.start_run(run_id=run_id)
    try:
        mlflow.pytorch.log_model(
            load(path),
            name=name,
            input_example=np.asarray(example, dtype=np.float32),
            pip_requirements=[f"torch=={torch.__version__.split('+')[0]}"],
        )
    finally:
        mlflow.end_run("RUNNING")  # it has ended when all is sent


def load_model(run_id: str, name: str) -> Any:
    """Load a network that run `run_id` logged under `name`; raises ValueError if the run has no such model."""
    import mlflow.pytorch

    store = client()
    for output in store.get_run(run_id).outputs.model_outputs:
        logged = store.get_logged_model(output.model_id)
        if logged.name == name:
            return mlflow.pytorch.load_model(logged.model_uri)
    raise ValueError(f"run {run_id} has no model {name!r}")
