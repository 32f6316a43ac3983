"""Claims: statements of the talk as measured numbers, with their spread, target and verdict."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from latentspace.pipeline import files
from latentspace.pipeline.available import in_words

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
    """Values of a claim in the metrics of its stage, one per seed or place; empty if it is not measured."""
    key = claim.id.partition(".")[2]
    if key in metrics:
        return [float(metrics[key])]
    return [float(value) for name, value in metrics.items() if name.startswith(f"{key}/")]


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


def evaluate(
    claims: Sequence[Claim], metrics_folder: Path, left_out: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, dict[str, Any]]:
    """Rows of metrics/claims.json by claim id.

    Args:
        claims: all claims.
        metrics_folder: with one file per stage.
        left_out: what each stage has left out and why, for the claims that are not measured.
    """
    rows = {}
    for claim in claims:
        path = metrics_folder / f"{claim.stage}.json"
        values = samples(claim, files.read_json(path)) if path.exists() else []
        rows[claim.id] = row(claim, values) if values else unmeasured(claim, (left_out or {}).get(claim.stage, {}))
    return rows


def row(claim: Claim, values: Sequence[float]) -> dict[str, Any]:
    """Samples of a claim, their statistics and the verdict, as plain values."""
    mean = statistics.fmean(values)
    compared = {"mean": mean, "max": max(values), "min": min(values)}[claim.statistic]
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": mean, "std": spread, "n": len(values), "met": met(claim, compared), **_facts(claim)}


def unmeasured(claim: Claim, left_out: Mapping[str, str]) -> dict[str, Any]:
    """Row of a claim without samples, with the reason under ``not_measured``.

    Args:
        claim: its id has the name of the variant that it is about, as in ``size.code_2.test_mse``.
        left_out: reasons by name, of the claim's stage.
    """
    key = claim.id.partition(".")[2].replace(".", "_")
    about = sorted((name for name in left_out if key.startswith(f"{name}_")), key=len)[-1:]
    reason = in_words({name: left_out[name] for name in about} or left_out)
    reason = reason or f"{claim.stage} does not measure it with these parameters"
    return {"mean": None, "std": None, "n": 0, "met": None, "not_measured": reason, **_facts(claim)}


def _facts(claim: Claim) -> dict[str, Any]:
    return {
        "unit": claim.unit,
        "relation": claim.relation,
        "target": list(claim.target) if isinstance(claim.target, tuple) else claim.target,
        "statistic": claim.statistic,
        "reference": claim.reference,
        "slide": claim.slide,
        "stage": claim.stage,
    }


def not_measured(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Ids of the claims without samples."""
    return [name for name, row in rows.items() if "not_measured" in row]


def tally(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One line with the number of claims that are met, the ids of those that are not, and how many are not measured."""
    missed = [name for name, row in rows.items() if row["met"] is False]
    held = sum(row["met"] is True for row in rows.values())
    unknown = f"; {len(not_measured(rows))} not measured" if not_measured(rows) else ""
    return f"{held} claims met, {len(missed)} not met{': ' if missed else ''}{', '.join(missed)}{unknown}"
