"""Write the results of the last run into README.md and docs/, if it has measured all claims.

    python -m latentspace.report.readme

The text between the markers of README.md is replaced by the table of the claims with a target. docs/claims.md lists all
claims, docs/graph.md shows the diagram of dvc.yaml, the figures of README.md are copied to docs/figures/, and the
report to docs/report.html, without the links to its runs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentspace.pipeline.files import read_json, write_text
from latentspace.pipeline.params import read_yaml
from latentspace.report import diagram, table
from latentspace.report.claim import not_measured
from latentspace.report.claims import EVERY

REPORT = Path("docs/report.html")
BEGIN, END = "<!-- claims: begin -->", "<!-- claims: end -->"


def with_table(readme: str, table: str) -> str:
    """Put `table` between the markers of `readme`; raises ValueError if the markers are missing."""
    if BEGIN not in readme or END not in readme:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    before, after = readme.partition(BEGIN)[0], readme.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def headlines(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Rows of the claims with a target, in the order of the slides."""
    return {claim.id: rows[claim.id] for claim in EVERY if claim.id in rows and rows[claim.id]["met"] is not None}


def shown_figures(readme: str) -> list[tuple[Path, Path]]:
    """Pairs (figure of the pipeline, its committed copy) for all docs/figures/<stage>-<file> that `readme` shows."""
    copies = re.findall(r"docs/figures/([\w@]+)-([\w.-]+)", readme)
    return [
        (Path("figures", stage.replace("@", "/"), file), Path("docs/figures", f"{stage}-{file}"))
        for stage, file in copies
    ]


def without_runs(page: str) -> str:
    """A report without the links to its runs."""
    return re.sub(r'<a href="[^"]*" target="_blank"[^>]*>(.*?)</a>', r"\1", page)


def main() -> None:
    """Update README.md, docs/claims.md, docs/graph.md, docs/report.html and docs/figures/."""
    readme = Path("README.md").read_text(encoding="utf-8")
    rows = read_json(Path("metrics/claims.json"))
    if missing := not_measured(rows):
        raise SystemExit(
            f"error: metrics/claims.json: {len(missing)} claims are not measured, such as {missing[0]}: "
            f"{rows[missing[0]]['not_measured']}; README.md and docs/ show runs of all variants: "
            "`git checkout params.yaml` brings them back, `dvc repro` runs them"
        )
    write_text(Path("README.md"), with_table(readme, table.table(headlines(rows))))
    write_text(Path("docs/claims.md"), table.page(EVERY, rows))
    write_text(Path("docs/graph.md"), diagram.page(read_yaml(Path("dvc.yaml"))["stages"]))
    write_text(REPORT, without_runs(Path("report/index.html").read_text(encoding="utf-8")))
    for figure, copy in shown_figures(readme):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(figure, copy)


if __name__ == "__main__":
    main()
