"""Gather the claims of all chapters into a table and a report, and log the pipeline-level run that links the others."""

from pathlib import Path

import pandas as pd

from latentspace.core import files
from latentspace.core.params import read_yaml
from latentspace.core.stage import stage
from latentspace.report.claims import CLAIMS
from latentspace.report.page import render
from latentspace.report.table import evaluate, table
from latentspace.tracking import drain, run_address, run_ids


def main() -> None:
    with stage(__file__) as run:
        rows = evaluate(CLAIMS, Path("metrics"))
        files.write_json(run.output("metrics/claims.json"), rows)
        files.write_text(run.output("metrics/claims.md"), table(rows))
        drain()
        folders = [run.input(f"runs/{chapter}") for chapter in ("size", "position", "organise", "gan")]
        records = [files.read_json(path) for folder in folders for path in sorted(folder.glob("*.json"))]
        found = run_ids(records)
        addresses = {name: run_address(run_id) for name, run_id in found.items()}
        files.write_text(run.output("report/index.html"), render(rows, Path("figures"), addresses))
        run.summary(
            params=read_yaml(run.input("params.yaml")),
            metrics={name: row["mean"] for name, row in rows.items()},
            tags={f"run.{name}": run_id for name, run_id in found.items()},
        )
        run.attach(Path("metrics/claims.md"))
        run.attach(Path("report/index.html"))
        run.table("claims", pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim").reset_index())
        missed = [name for name, row in rows.items() if row["met"] is False]
        held = sum(row["met"] is True for row in rows.values())
        run.say(f"{held} claims met, {len(missed)} not met{': ' if missed else ''}{', '.join(missed)}")


if __name__ == "__main__":
    main()
