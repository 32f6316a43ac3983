"""Say which page of MLflow's UI to open, as `make ui` does: `python -m latentspace.pipeline.tracking.page`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentspace.pipeline.tracking.paths import reason, ui_address
from latentspace.pipeline.tracking.store import client
from latentspace.pipeline.tracking.views import CHAPTERS, VIEWS

if TYPE_CHECKING:
    from mlflow import MlflowClient

WHOLE = "pipeline"  # the chapter with one run per whole run


def page(store: MlflowClient) -> str:
    """Address of the table of whole runs; before the first, of the chapter whose run began last; else of the UI."""
    found = {chapter: store.get_experiment_by_name(chapter) for chapter in CHAPTERS}
    ids = {str(each.experiment_id): name for name, each in found.items() if each and each.lifecycle_stage == "active"}
    whole = [number for number, name in ids.items() if name == WHOLE]
    for among in (whole, list(ids)):
        newest = store.search_runs(among, order_by=["attributes.start_time DESC"], max_results=1) if among else []
        for run in newest:
            number = str(run.info.experiment_id)
            view = f"?viewStateShareKey={WHOLE}_0" if number in whole and VIEWS[WHOLE] else ""
            return f"{ui_address()}/#/experiments/{number}/runs{view}"
    return ui_address()


def main() -> None:
    try:
        print(f"Open {page(client())}")
    except Exception as error:  # the UI says more
        print(f"No page to begin with: {reason(error)}")


if __name__ == "__main__":
    main()
