"""Claims: what the talk says, as a number with a spread, a target, and whether it was met."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from latentspace.core import files

Relation = Literal["<=", ">=", "=", "in", "reported"]
Statistic = Literal["mean", "max", "min"]


@dataclass(frozen=True)
class Claim:
    """One row of the table.

    Attributes:
        id: ``<chapter>.<metric>``; the samples are ``<metric>`` or ``<metric>/*`` in the stage's metrics.
        stage: the stage whose metrics file holds the samples.
        formula: what is computed, for docs/claims.md.
        slide: where the talk says it.
        unit: "" for a pure number.
        relation: how the statistic must stand to `target`; ``reported`` has no target.
        target: a number, or [low, high] for ``in``, or [value, tolerance] for ``=``.
        statistic: which statistic of the samples is held against the target.
        reference: where the target comes from.
    """

    id: str
    stage: str
    formula: str
    slide: str
    unit: str = ""
    relation: Relation = "reported"
    target: float | Sequence[float] | None = None
    statistic: Statistic = "mean"
    reference: str = ""


def samples(claim: Claim, metrics: Mapping[str, float]) -> list[float]:
    """The claim's values in its stage's metrics, one per seed or place; raises ValueError naming one without any."""
    key = claim.id.partition(".")[2]
    if key in metrics:
        return [float(metrics[key])]
    values = [float(value) for name, value in metrics.items() if name.startswith(f"{key}/")]
    if not values:
        raise ValueError(f"claim {claim.id}: stage {claim.stage} wrote no metric {key}")
    return values


def met(claim: Claim, value: float) -> bool | None:
    """Whether `value` satisfies the claim; None when there is no target."""
    if claim.relation == "reported" or claim.target is None:
        return None
    if isinstance(claim.target, Sequence):
        low, high = claim.target
        return abs(value - low) <= high if claim.relation == "=" else low <= value <= high
    if claim.relation == "=":
        return value == claim.target
    return value <= claim.target if claim.relation == "<=" else value >= claim.target


def evaluate(claims: Sequence[Claim], metrics_folder: Path) -> dict[str, dict[str, Any]]:
    """Rows of metrics/claims.json, by claim id; a claim whose experiment params.yaml leaves out has no row."""
    rows = {}
    for claim in claims:
        metrics = files.read_json(metrics_folder / f"{claim.stage}.json")
        try:
            values = samples(claim, metrics)
        except ValueError as error:
            print(f"warning: {error}; its row is left out", flush=True)
            continue
        picked = {"mean": statistics.fmean(values), "max": max(values), "min": min(values)}[claim.statistic]
        rows[claim.id] = {
            "mean": statistics.fmean(values),
            "std": statistics.stdev(values) if len(values) > 1 else 0.0,
            "n": len(values),
            "unit": claim.unit,
            "relation": claim.relation,
            "target": list(claim.target) if isinstance(claim.target, Sequence) else claim.target,
            "statistic": claim.statistic,
            "met": met(claim, picked),
            "reference": claim.reference,
            "slide": claim.slide,
            "stage": claim.stage,
        }
    return rows


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows as the Markdown table *claim, obtained ± std, target, met, reference, slide*."""
    lines = ["| claim | obtained ± std | target | met | reference | slide |", "|---|---|---|---|---|---|"]
    for name, row in rows.items():
        spread = f" ± {row['std']:.2g}" if row["n"] > 1 else ""
        unit = f" {row['unit']}" if row["unit"] else ""
        mark = {True: "yes", False: "**no**", None: ""}[row["met"]]
        cells = [f"`{name}`", f"{row['mean']:.6g}{spread}{unit}", _target(row), mark, row["reference"], row["slide"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _target(row: Mapping[str, Any]) -> str:
    if row["relation"] == "reported":
        return ""
    target, worst = row["target"], "" if row["statistic"] == "mean" else f" ({row['statistic']})"
    if row["relation"] == "in":
        return f"[{target[0]:.7g}, {target[1]:.7g}]{worst}"
    if isinstance(target, list):
        return f"{target[0]:.6g} ± {target[1]:.0e}{worst}"
    return f"{ {'<=': '≤', '>=': '≥', '=': '='}[row['relation']] } {target:g}{worst}"


def glossary(claims: Sequence[Claim]) -> str:
    """docs/claims.md: each id with its formula, stage and slide."""
    lines = [
        "# Claims",
        "",
        "Each row of `metrics/claims.json`: what is computed, by which stage. Made by `make readme`.",
        "",
    ]
    lines += ["| claim | what is computed | stage | slide |", "|---|---|---|---|"]
    lines += [f"| `{claim.id}` | {claim.formula} | `{claim.stage}` | {claim.slide} |" for claim in claims]
    return "\n".join(lines) + "\n"
