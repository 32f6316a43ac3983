"""Evaluate the claims of all chapters, render the report, and record the run of the whole pipeline."""

from pathlib import Path

import pandas as pd

from latentspace.pipeline import files
from latentspace.pipeline.params import read_yaml
from latentspace.pipeline.stage import stage
from latentspace.pipeline.tracking.sending import drain, run_address, run_ids
from latentspace.report.claim import evaluate, tally
from latentspace.report.claims import CLAIMS
from latentspace.report.page import render
from latentspace.report.table import page


def main() -> None:
    with stage(__file__) as run:
        rows = evaluate(CLAIMS, Path("metrics"))
        files.write_json(run.output("metrics/claims.json"), rows)
        drain()
        folders = run.inputs("runs", ["size", "position", "organise", "gan"]).values()
        records = [files.read_json(path) for folder in folders for path in sorted(folder.glob("*.json"))]
        found = run_ids(records)
        addresses = {name: run_address(run_id) for name, run_id in found.items()}
        files.write_text(run.output("report/index.html"), render(rows, run.input("figures"), addresses))
        files.write_text(run.output("report/claims.md"), page(CLAIMS, rows))
        run.summary(
            params=read_yaml(run.input("params.yaml")),
            metrics={name: row["mean"] for name, row in rows.items()},
            tags={f"run.{name}": run_id for name, run_id in found.items()},
        )
        run.attach(Path("report/claims.md"))
        run.attach(Path("report/index.html"))
        run.table("claims", pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim").reset_index())
        run.say(tally(rows))


if __name__ == "__main__":
    main()
