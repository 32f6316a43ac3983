"""Evaluate the claims about photographs (slides 45-47)."""

from pathlib import Path

from latentspace.pipeline import bases, files
from latentspace.pipeline.stage import stage
from latentspace.report.budgets import of_claims
from latentspace.report.claim import evaluate, tally
from latentspace.report.photos import CLAIMS


def main() -> None:
    with stage(__file__) as run:
        codes: Path = run.input("metrics/gan_photos_codes.json")
        rows = evaluate(CLAIMS, codes.parent, budgets=of_claims(CLAIMS, bases.read(run.input("params.yaml"))))
        files.write_json(run.output("metrics/claims.json"), rows)
        run.log.metrics |= {name: row["mean"] for name, row in rows.items() if row["n"]}
        run.say(tally(rows))


if __name__ == "__main__":
    main()
