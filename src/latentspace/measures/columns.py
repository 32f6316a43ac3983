"""Checks, names and elementary statistics of columns of numbers, shared by all measures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

Codes = Float[np.ndarray, "n k"]


Pairs = Float[np.ndarray, "n 2"]


def component_names(codes: Codes) -> list[str]:
    """Names of the components, z1 … zk."""
    return [f"z{i + 1}" for i in range(codes.shape[1])]


def labelled(table: Float[np.ndarray, "k k"]) -> pd.DataFrame:
    """A matrix over pairs of components with their names as index and columns."""
    return pd.DataFrame(table, index=component_names(table), columns=component_names(table))


def need_two(what: str, count: int, of: str = "components") -> None:
    """Raise ValueError, naming the measure `what`, if `count` is less than two."""
    if count < 2:
        raise ValueError(f"{what} needs at least two {of}, not {count}")


def finite(columns: Codes, names: list[str]) -> Codes:
    """`columns` in float64; raises ValueError naming the first column with a NaN or infinite value."""
    bad = np.flatnonzero(~np.isfinite(columns).all(0))
    if len(bad):
        raise ValueError(f"{names[bad[0]]} holds a value that is not finite")
    return columns.astype(np.float64)


def paired_columns(codes: Codes, factors: Factors) -> tuple[Codes, Float[np.ndarray, "n f"]]:
    """Codes and factors as columns of finite float64 numbers.

    Raises:
        ValueError: if there are no factors, their lengths differ from that of the codes, or a value is not finite.
    """
    wrong = [name for name, values in factors.items() if len(values) != len(codes)]
    if wrong or not factors:
        raise ValueError(f"factor {wrong[0]} does not have one value per row" if wrong else "no factors are given")
    return finite(codes, component_names(codes)), finite(np.column_stack(list(factors.values())), list(factors))


def correlations(x: Codes, y: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "k f"]:
    """Pearson correlation of every column of `x` with every column of `y`; 0 for a constant column.

    Each pair is summed separately, so that equal columns give exactly equal values.
    """
    products = [[(left * right).sum() for right in standardised(y).T] for left in standardised(x).T]
    return np.clip(np.array(products), -1, 1)


def standardised(x: Codes) -> Codes:
    """Columns shifted and scaled to mean 0 and norm 1; a constant column becomes exactly 0."""
    centred = np.where(np.ptp(x, axis=0) == 0, 0, x - x.mean(0))
    scaled = ratio(centred, np.abs(centred).max(0))  # squares of tiny numbers would underflow
    return ratio(scaled, np.linalg.norm(scaled, axis=0))


def ratio(x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*part"] | np.floating) -> Float[np.ndarray, "*shape"]:
    """Quotients x / y, elementwise; 0 where y is 0."""
    return np.divide(x, y, out=np.zeros_like(x), where=y != 0)


Factors = Mapping[str, Float[np.ndarray, " n"]]
