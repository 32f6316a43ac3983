"""Values for DVC and MLflow: nested parameters by dotted key, finite metrics, curves as CSV and as points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]  # ``seed`` or ``run``, ``step``, and the plotted quantities


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Values of nested mappings with their dotted keys."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def finite(value: float) -> float:
    """A metric; raises ValueError if it is NaN or infinite."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a metric is {number}; the training has diverged or a measure has no data")
    return number


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV with a header, numbers with six significant digits."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [[_text(row.get(column, "")) for column in columns] for row in rows]
    return "".join(",".join(line) + "\n" for line in [columns, *lines])


def points(rows: Sequence[Row]) -> list[tuple[str, int, float]]:
    """Name of the curve, such as ``loss/seed_0``, step and value of every plotted quantity."""
    found = []
    for row in rows:
        name, step = row.get("run") or f"seed_{row['seed']}", int(row["step"])
        values = ((key, value) for key, value in row.items() if key not in {"run", "seed", "step"})
        found += [(f"{key}/{name}", step, float(value)) for key, value in values]
    return found


def _text(value: Any) -> str:
    """`value` as text in a CSV file of curves; empty for NaN."""
    if not isinstance(value, float):
        return str(value)
    return "" if math.isnan(value) else f"{value:.6g}"
