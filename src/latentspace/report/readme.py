"""Paste what the pipeline wrote into what people read: the table of claims, the formulas, the pictures.

    python -m latentspace.report.readme

replaces the text between the markers in README.md by the table of the claims that have a target (metrics/claims.md has
all), writes docs/claims.md from the claims' own formulas and docs/graph.md from dvc.yaml, and copies the figures that
README.md shows to docs/figures/.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentspace.core.files import read_json, write_text
from latentspace.core.params import read_yaml
from latentspace.report import diagram
from latentspace.report.claims import CLAIMS
from latentspace.report.table import glossary, table

BEGIN, END = "<!-- claims: begin -->", "<!-- claims: end -->"


def with_table(readme: str, table: str) -> str:
    """`readme` with `table` between its markers; raises ValueError if the markers are missing."""
    if BEGIN not in readme or END not in readme:
        raise ValueError(f"README.md: the markers {BEGIN} and {END} are missing")
    before, after = readme.partition(BEGIN)[0], readme.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def headlines(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The claims that have a target."""
    return {name: row for name, row in rows.items() if row["met"] is not None}


def shown_figures(readme: str) -> list[tuple[Path, Path]]:
    """(figure made by the pipeline, its committed copy) for every docs/figures/<stage>-<file> that `readme` shows."""
    copies = re.findall(r"docs/figures/([\w@]+)-([\w.-]+)", readme)
    return [
        (Path("figures", stage.replace("@", "/"), file), Path("docs/figures", f"{stage}-{file}"))
        for stage, file in copies
    ]


def main() -> None:
    """Update README.md, docs/claims.md, docs/graph.md and docs/figures/."""
    readme = Path("README.md").read_text(encoding="utf-8")
    write_text(Path("README.md"), with_table(readme, table(headlines(read_json(Path("metrics/claims.json"))))))
    write_text(Path("docs/claims.md"), glossary(CLAIMS))
    write_text(Path("docs/graph.md"), diagram.page(read_yaml(Path("dvc.yaml"))["stages"]))
    for figure, copy in shown_figures(readme):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(figure, copy)


if __name__ == "__main__":
    main()
