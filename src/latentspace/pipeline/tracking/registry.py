"""Models of the newest full run: versions of registered models, with the alias `newest`.

mlflow.pytorch.load_model("models:/organise_train.pca_ae@newest")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentspace.pipeline.tracking.outbox import RunLog

if TYPE_CHECKING:
    from mlflow import MlflowClient

ALIAS = "newest"


def register(store: MlflowClient, log: RunLog) -> None:
    """Register the models of the runs that a report names, and point the alias at them; nothing for other stages."""
    if log.stage == "report" and not log.failed:
        for key, run_id in log.tags.items():
            if key.startswith("run."):
                _register(store, key.removeprefix("run.").replace("@", "."), run_id)


def _register(store: MlflowClient, name: str, run_id: str) -> None:
    """Make the model of a run, if it has one, the newest version of the registered model `name`; at most once."""
    outputs = store.get_run(run_id).outputs
    for output in outputs.model_outputs if outputs else []:
        if not store.search_registered_models(f"name = '{name}'"):
            store.create_registered_model(name)
        found = [each for each in store.search_model_versions(f"name = '{name}'") if each.run_id == run_id]
        source = f"models:/{output.model_id}"
        version = found[0] if found else store.create_model_version(name, source, run_id, model_id=output.model_id)
        store.set_registered_model_alias(name, ALIAS, version.version)
