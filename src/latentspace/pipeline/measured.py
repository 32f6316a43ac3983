"""Results of experiments as records: numbers with their method, seed and place, and pictures with their file names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Measured:
    """One measured number.

    Attributes:
        method: name of the variant or baseline; may be empty.
        measure: name of the quantity, such as ``test_mse``.
        value: the number.
        seed: of the training; None if the number does not depend on a seed.
        place: name of a neighbourhood or another part of the data; may be empty.
    """

    method: str
    measure: str
    value: float
    seed: int | None = None
    place: str = ""

    @property
    def name(self) -> str:
        """``method.measure``: the key without seed and place."""
        return ".".join(filter(None, (self.method, self.measure)))

    @property
    def key(self) -> str:
        """``method.measure/place_seed_0``: the key in the stage's metrics file."""
        sample = "_".join(filter(None, (self.place, "" if self.seed is None else f"seed_{self.seed}")))
        return f"{self.name}/{sample}" if sample else self.name


def measured(method: str, values: Mapping[str, float], seed: int | None = None, place: str = "") -> list[Measured]:
    """Rows of several measures of one method; `values` is by measure."""
    return [Measured(method, measure, float(value), seed, place) for measure, value in values.items()]


def select(
    rows: Iterable[Measured], *, method: str | None = None, measure: str | None = None, seed: int | None = None
) -> list[Measured]:
    """Rows with the given method, measure and seed; None accepts any."""
    return [
        row
        for row in rows
        if (method is None or row.method == method)
        and (measure is None or row.measure == measure)
        and (seed is None or row.seed == seed)
    ]


def value_of(rows: Iterable[Measured], method: str, measure: str, seed: int | None = None, place: str = "") -> float:
    """Value of the row with these names.

    Raises:
        KeyError: if there is no such row.
    """
    for row in rows:
        if (row.method, row.measure, row.seed, row.place) == (method, measure, seed, place):
            return row.value
    raise KeyError(Measured(method, measure, 0.0, seed, place).key)


def means(rows: Iterable[Measured]) -> dict[str, float]:
    """Means over the seeds, by key without the seed."""
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(Measured(row.method, row.measure, 0.0, None, row.place).key, []).append(row.value)
    return {key: sum(found) / len(found) for key, found in values.items()}


def as_table(rows: Sequence[Measured]) -> pd.DataFrame:
    """One row per method, seed and place, one column per measure."""
    import pandas as pd

    table = pd.DataFrame([vars(row) for row in rows])
    wide = table.pivot_table(
        index=["method", "seed", "place"], columns="measure", values="value", sort=False, dropna=False
    )
    return wide.dropna(how="all").reset_index()


@runtime_checkable
class Picture(Protocol):
    """Anything that can be saved to a file: a figure, an animation, an image."""

    def save(self, path: Path) -> None:
        """Write the file in the format of its suffix."""


@dataclass
class Findings:
    """Results of an experiment.

    Attributes:
        rows: the measured numbers.
        pictures: by file name, such as ``code.png``.
        matrices: labelled square matrices by name.
        tables: by name.
        summary: one line for the terminal.
    """

    rows: list[Measured] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    matrices: dict[str, pd.DataFrame] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    summary: str = ""
