"""What a run in the store has already, so that a sender continues what another one, or the live view, began."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# The last file that MLflow writes of a picture; older versions separate by % and write / as #.
PICTURE = re.compile(r"(.+)[+%]step[+%](\d+)[+%]timestamp.*compressed\.webp")


@dataclass(frozen=True)
class Contents:
    """Names of what a run has.

    Attributes:
        new: whether this sender has made it.
        params: names of parameters, whose values MLflow does not allow to change.
        points: name of the curve and step.
        images: key and step.
        tables: files of complete tables.
        halves: files of tables that were not sent completely.
        models: names of models.
    """

    new: bool = False
    params: set[str] = field(default_factory=set)
    points: set[tuple[str, int]] = field(default_factory=set)
    images: set[tuple[str, int]] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    halves: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)


def contents(store: MlflowClient, run: Run) -> Contents:
    """What `run` has in the store; models that were not stored completely are deleted."""
    run_id = run.info.run_id
    points = {(key, point.step) for key in run.data.metrics for point in store.get_metric_history(run_id, key)}
    named = [PICTURE.fullmatch(PurePosixPath(file.path).name) for file in store.list_artifacts(run_id, "images")]
    images = {(re.sub("[~#]", "/", match[1]), int(match[2])) for match in named if match}
    tables = {entry["path"] for entry in json.loads(run.data.tags.get("mlflow.loggedArtifacts", "[]"))}
    halves = {file.path for file in store.list_artifacts(run_id, "tables")} - tables
    return Contents(False, set(run.data.params), points, images, tables, halves, _models(store, run))


def _models(store: MlflowClient, run: Run) -> set[str]:
    ready = {output.model_id for output in run.outputs.model_outputs} if run.outputs else set()
    found = store.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    for model in found:
        if model.model_id not in ready:
            store.delete_logged_model(model.model_id)
    return {model.name for model in found if model.model_id in ready}
