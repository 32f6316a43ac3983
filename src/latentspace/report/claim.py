"""Claims: statements of the talk as measured numbers, with their spread, target and verdict."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from latentspace.pipeline import files
from latentspace.pipeline.available import in_words

Relation = Literal["<=", ">=", "=", "in", "reported"]
Statistic = Literal["mean", "max", "min", "low"]
NARROW = 2.0  # standard deviations by which a claim that is met has to hold, to be more than narrowly met
RESAMPLES = 10_000  # of the bootstrap


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
        statistic: of the samples, which is compared with the target; ``low``: the lower end of the bootstrap interval
            of their mean, of which two samples are the fewest.
        reference: source of the target, or a number for comparison.
        trained: stages that train what the claim is about, such as ``size_train@bias``; None if its id says it.
        metric: name of the samples, where the id does not have it.
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
    trained: tuple[str, ...] | None = None
    metric: str = ""

    @property
    def key(self) -> str:
        """Name of the samples in the metrics of the stage."""
        return self.metric or self.id.partition(".")[2]


def samples(claim: Claim, metrics: Mapping[str, float]) -> list[float]:
    """Values of a claim in the metrics of its stage, one per seed or place; empty if it is not measured."""
    if claim.key in metrics:
        return [float(metrics[claim.key])]
    return [float(value) for name, value in metrics.items() if name.startswith(f"{claim.key}/")]


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
    claims: Sequence[Claim],
    metrics_folder: Path,
    left_out: Mapping[str, Mapping[str, str]] | None = None,
    budgets: Mapping[str, int] | None = None,
) -> dict[str, dict[str, Any]]:
    """Rows of metrics/claims.json by claim id.

    Args:
        claims: all claims.
        metrics_folder: with one file per stage.
        left_out: what each stage has left out and why, for the claims that are not measured.
        budgets: images that one training sees, by claim id, of the claims on trainings.
    """
    rows = {}
    for claim in claims:
        path = metrics_folder / f"{claim.stage}.json"
        values = samples(claim, files.read_json(path)) if path.exists() else []
        found = row(claim, values) if values else unmeasured(claim, (left_out or {}).get(claim.stage, {}))
        rows[claim.id] = found | {"budget": (budgets or {}).get(claim.id)}
    return rows


def row(claim: Claim, values: Sequence[float]) -> dict[str, Any]:
    """Samples of a claim, their statistics and the verdict, as plain values.

    ``margin_std`` is by how many standard deviations of the samples their mean holds the target, negative if it does
    not; None where the samples do not differ, or another statistic than the mean is compared. ``low`` and ``high`` are
    the interval of the mean if the claim compares ``low``, otherwise None.
    """
    mean = statistics.fmean(values)
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    low, high = bootstrap(values) if claim.statistic == "low" else (None, None)
    compared = {"mean": mean, "max": max(values), "min": min(values), "low": low}[claim.statistic]
    distance = margin(claim, mean) if claim.statistic == "mean" and spread > 0 else None
    return {
        "mean": mean,
        "std": spread,
        "n": len(values),
        "low": low,
        "high": high,
        "met": None if compared is None else met(claim, compared),
        "margin_std": None if distance is None else distance / spread,
        **_facts(claim),
    }


def margin(claim: Claim, value: float) -> float | None:
    """How far `value` is within the target of the claim, negative if it is outside; None if it has no target."""
    if claim.relation == "reported" or claim.target is None:
        return None
    if isinstance(claim.target, tuple):
        first, second = claim.target
        return second - abs(value - first) if claim.relation == "=" else min(value - first, second - value)
    if claim.relation == "=":
        return -abs(value - claim.target)
    return claim.target - value if claim.relation == "<=" else value - claim.target


def bootstrap(values: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """95 % percentile bootstrap interval of the mean of `values`; None for one value, which says nothing of its spread.

    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3. Equal values give equal intervals.
    """
    if len(values) < 2:
        return None, None
    chosen = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(np.asarray(values, dtype=float)[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def verdict(row: Mapping[str, Any]) -> str:
    """Whether a claim is met, in a word: yes, narrowly (by fewer than `NARROW` standard deviations), no; or nothing."""
    if row["met"] is None:
        return ""
    narrow = row.get("margin_std") is not None and row["margin_std"] < NARROW  # older runs do not have it
    return ("narrowly" if narrow else "yes") if row["met"] else "no"


def unmeasured(claim: Claim, left_out: Mapping[str, str]) -> dict[str, Any]:
    """Row of a claim without samples, with the reason under ``not_measured``.

    Args:
        claim: its id has the name of the variant that it is about, as in ``size.code_2.test_mse``.
        left_out: reasons by name, of the claim's stage.
    """
    key = claim.key.replace(".", "_")
    about = sorted((name for name in left_out if key.startswith(f"{name}_")), key=len)[-1:]
    reason = in_words({name: left_out[name] for name in about} or left_out)
    reason = reason or f"{claim.stage} does not measure it with these parameters"
    absent = dict.fromkeys(("mean", "std", "low", "high", "met", "margin_std"))
    return {**absent, "n": 0, "not_measured": reason, **_facts(claim)}


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
    narrow = sum(verdict(row) == "narrowly" for row in rows.values())
    unknown = f"; {len(not_measured(rows))} not measured" if not_measured(rows) else ""
    held_words = f"{held} claims met{f' ({narrow} narrowly)' if narrow else ''}"
    return f"{held_words}, {len(missed)} not met{': ' if missed else ''}{', '.join(missed)}{unknown}"
