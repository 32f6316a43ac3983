"""Claims: statements of the talk as measured numbers, with their spread, target and verdict."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from latentspace.pipeline import files

Relation = Literal["<=", ">=", "=", "in", "reported"]
Statistic = Literal["mean", "max", "min"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One row of the table of claims.

    Attributes:
        id: ``<chapter>.<metric>``; the samples are ``<metric>`` or ``<metric>/…`` in the metrics of the stage.
        stage: the stage whose metrics file has the samples.
        formula: definition of the number.
        slide: of the talk.
        unit: "" for a pure number.
        relation: required between the statistic and `target`; ``reported`` for a claim without target.
        target: a number, or (low, high) for ``in``, or (value, tolerance) for ``=``.
        statistic: of the samples, which is compared with the target.
        reference: source of the target, or a number for comparison.
    """

    id: str
    stage: str
    formula: str
    slide: str
    unit: str = ""
    relation: Relation = "reported"
    target: float | tuple[float, float] | None = None
    statistic: Statistic = "mean"
    reference: str = ""


def samples(claim: Claim, metrics: Mapping[str, float]) -> list[float]:
    """Values of a claim in the metrics of its stage, one per seed or place; raises ValueError if there are none."""
    key = claim.id.partition(".")[2]
    if key in metrics:
        return [float(metrics[key])]
    values = [float(value) for name, value in metrics.items() if name.startswith(f"{key}/")]
    if not values:
        raise ValueError(f"claim {claim.id}: stage {claim.stage} wrote no metric {key}")
    return values


def met(claim: Claim, value: float) -> bool | None:
    """Whether `value` meets the target of the claim; None if it has no target."""
    if claim.relation == "reported" or claim.target is None:
        return None
    if isinstance(claim.target, tuple):
        first, second = claim.target
        return abs(value - first) <= second if claim.relation == "=" else first <= value <= second
    if claim.relation == "=":
        return value == claim.target
    return value <= claim.target if claim.relation == "<=" else value >= claim.target


def evaluate(claims: Sequence[Claim], metrics_folder: Path) -> dict[str, dict[str, Any]]:
    """Rows of metrics/claims.json by claim id, without claims on experiments that params.yaml does not select."""
    rows = {}
    for claim in claims:
        try:
            values = samples(claim, files.read_json(metrics_folder / f"{claim.stage}.json"))
        except ValueError as error:
            print(f"warning: {error}; its row is left out", flush=True)
            continue
        rows[claim.id] = row(claim, values)
    return rows


def row(claim: Claim, values: Sequence[float]) -> dict[str, Any]:
    """Samples of a claim, their statistics and the verdict, as plain values."""
    mean = statistics.fmean(values)
    compared = {"mean": mean, "max": max(values), "min": min(values)}[claim.statistic]
    return {
        "mean": mean,
        "std": statistics.stdev(values) if len(values) > 1 else 0.0,
        "n": len(values),
        "unit": claim.unit,
        "relation": claim.relation,
        "target": list(claim.target) if isinstance(claim.target, tuple) else claim.target,
        "statistic": claim.statistic,
        "met": met(claim, compared),
        "reference": claim.reference,
        "slide": claim.slide,
        "stage": claim.stage,
    }


def tally(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One line with the number of claims that are met, and the ids of those that are not."""
    missed = [name for name, row in rows.items() if row["met"] is False]
    held = sum(row["met"] is True for row in rows.values())
    return f"{held} claims met, {len(missed)} not met{': ' if missed else ''}{', '.join(missed)}"
