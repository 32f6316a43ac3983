"""Claims as Markdown: the short table of README.md, and docs/claims.md with all claims and their formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from latentspace.report.claim import NARROW, Claim, verdict

CHAPTERS = {"size": "Size", "position": "Position", "organise": "Organise", "gan": "Generators"}
Row = Mapping[str, Any]
RELATIONS = {"<=": "≤", ">=": "≥", "=": "="}
HEADER = f"""# Claims

Every claim of the talk as it came out of the last run: mean ± standard deviation over n seeds or places, target, and
whether it is met: *narrowly* if the mean holds the target by fewer than {NARROW:g} of these standard deviations. The
statistic that is compared with the target is the mean unless the target names another one; *low* is the lower end of
the 95 % bootstrap interval of the mean. *Images seen* is the budget of one training, from `params.yaml`: steps × images
per step, over all packets and restarts; of L-BFGS at most. Made by `make readme` from `metrics/claims.json`.
"""


def table(rows: Mapping[str, Row]) -> str:
    """A table of claims with the columns claim, obtained, target, met, reference, slide."""
    cells = [
        [f"`{name}`", obtained(row), target(row), met(row), row["reference"], row["slide"]]
        for name, row in rows.items()
    ]
    return markdown(["claim", "obtained ± std", "target", "met", "reference", "slide"], cells)


def page(claims: Sequence[Claim], rows: Mapping[str, Row]) -> str:
    """The text of docs/claims.md: one table per chapter, with formula and stage of every claim that has a row."""
    by_chapter: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.id in rows:
            by_chapter.setdefault(claim.id.partition(".")[0], []).append(claim)
    tables = (f"\n## {CHAPTERS[name]}\n\n{_chapter(found, rows)}" for name, found in by_chapter.items())
    return HEADER + "".join(tables)


def _chapter(claims: Sequence[Claim], rows: Mapping[str, Row]) -> str:
    columns = ["claim", "what is computed", "obtained ± std", "n", "images seen", "target", "met"]
    columns += ["reference", "slide", "stage"]
    cells = []
    for claim in claims:
        row = rows[claim.id]
        numbers = [obtained(row), str(row["n"]), budget(row), target(row), met(row)]
        cells.append([f"`{claim.id}`", claim.formula, *numbers, claim.reference, claim.slide, f"`{claim.stage}`"])
    return markdown(columns, cells)


def markdown(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [columns, *([cell.replace("|", "\\|") for cell in line] for line in cells)]
    header, *others = [f"| {' | '.join(line)} |" for line in rows]
    return "\n".join([header, "|" + "---|" * len(columns), *others]) + "\n"


def met(row: Row) -> str:
    """The verdict, in bold if the claim is not met."""
    word = verdict(row)
    return f"**{word}**" if word == "no" else word


def budget(row: Row) -> str:
    """Images that one training sees; empty for a claim on none."""
    return f"{row['budget']:,}".replace(",", " ") if row["budget"] else ""


def obtained(row: Row) -> str:
    """Mean ± standard deviation with the unit and the interval, or why the claim is not measured."""
    if "not_measured" in row:
        return f"not measured: {row['not_measured']}"
    spread = f" ± {row['std']:.2g}" if row["n"] > 1 else ""
    unit = f" {row['unit']}" if row["unit"] else ""
    interval = f" [{row['low']:.3g}, {row['high']:.3g}]" if row["low"] is not None else ""
    return f"{row['mean']:.6g}{spread}{unit}{interval}"


def target(row: Row) -> str:
    """The target with its relation, and the statistic that is compared with it if it is not the mean."""
    if row["relation"] == "reported":
        return ""
    wanted, statistic = row["target"], "" if row["statistic"] == "mean" else f" ({row['statistic']})"
    if row["relation"] == "in":
        return f"[{wanted[0]:.7g}, {wanted[1]:.7g}]{statistic}"
    if isinstance(wanted, list):
        return f"{wanted[0]:.6g} ± {wanted[1]:.0e}{statistic}"
    return f"{RELATIONS[row['relation']]} {wanted:g}{statistic}"
