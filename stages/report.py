"""Evaluate the claims of all chapters, render the report, and record the run of the whole pipeline."""

from pathlib import Path

import pandas as pd

from latentspace.pipeline import bases, declaration, files
from latentspace.pipeline.stage import stage
from latentspace.pipeline.tracking.paths import run_address
from latentspace.pipeline.tracking.sending import drain, run_ids
from latentspace.report.budgets import of_claims
from latentspace.report.claim import evaluate, tally
from latentspace.report.claims import CLAIMS
from latentspace.report.gan import own
from latentspace.report.page import render
from latentspace.report.photos import CLAIMS as PHOTOS
from latentspace.report.results import Results, records
from latentspace.report.table import page


def main() -> None:
    with stage(__file__) as run:
        selected = declaration.selected()
        folders = run.inputs("runs", ["size", "position", "organise", "gan"]).values()
        ran = records(list(folders), selected)
        left_out = {record["stage"]: record.get("left_out", {}) for record in ran}
        claims = [*CLAIMS, *own(files.read_json(Path("metrics/gan_codes.json")))]
        params = bases.read(run.input("params.yaml"))
        rows = evaluate(claims, Path("metrics"), left_out, of_claims(claims, params))
        rows |= files.read_json(run.input("photos/published") / "claims.json")  # by the graph in photos/
        files.write_json(run.output("metrics/claims.json"), rows)
        drain()
        found = run_ids(ran)
        addresses = {name: run_address(run_id) for name, run_id in found.items()}
        results = Results(run.input("figures"), selected, left_out)
        files.write_text(run.output("report/index.html"), render(rows, results, addresses))
        files.write_text(run.output("report/claims.md"), page([*claims, *PHOTOS], rows))
        measured = {name: row for name, row in rows.items() if row["n"]}
        run.summary(
            params=params,
            metrics={name: row["mean"] for name, row in measured.items()}
            | {f"{name}.std": row["std"] for name, row in measured.items() if row["n"] > 1},
            tags={f"run.{name}": run_id for name, run_id in found.items()},
        )
        run.attach(Path("report/claims.md"))
        run.attach(Path("report/index.html"))
        run.table("claims", pd.DataFrame.from_dict(measured, orient="index").rename_axis("claim").reset_index())
        run.say(tally(rows))


if __name__ == "__main__":
    main()
