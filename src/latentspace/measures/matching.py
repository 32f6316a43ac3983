"""Relation of components to known factors: correlation, optimal matching, leakage, rotation."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import scipy

from latentspace.measures.columns import (
    Codes,
    Factors,
    Pairs,
    component_names,
    correlations,
    finite,
    need_two,
    paired_columns,
)

QUARTER = np.pi / 2


def association(codes: Codes, factors: Factors, how: Literal["pearson", "spearman"] = "pearson") -> pd.DataFrame:
    """|Correlation| of every component with every factor.

    Args:
        codes: shape (n, k).
        factors: values by name, each of shape (n,).
        how: Pearson's correlation, or Spearman's, that of the ranks.

    Returns:
        Values in [0, 1]; rows z1 … zk, columns the factors' names.

    Raises:
        ValueError: naming the column that holds a value that is not finite.
    """
    z, v = paired_columns(codes, factors)
    if how == "spearman":
        z, v = scipy.stats.rankdata(z, axis=0), scipy.stats.rankdata(v, axis=0)
    return pd.DataFrame(np.abs(correlations(z, v)), index=component_names(codes), columns=list(factors))


def matching(table: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """One-to-one assignment of factors to components with the largest sum of scores (Hungarian algorithm).

    Args:
        table: scores; rows are components, columns are factors, as `association` gives them.

    Returns:
        Component and score by factor, in the order of the columns. With fewer components than factors, unmatched
        factors are left out.
    """
    rows, columns = scipy.optimize.linear_sum_assignment(table.to_numpy(), maximize=True)
    pairs = sorted(zip(columns, rows, strict=True))
    return {str(table.columns[j]): (str(table.index[i]), float(table.iat[i, j])) for j, i in pairs}


def leakage(table: pd.DataFrame, factor: str, component: str | None) -> float:
    """Largest score of `factor` with a component other than `component`, the one matched to it.

    Args:
        table: scores; rows are components, columns are factors, as `association` gives them.
        factor: name of a column.
        component: name of a row, or None if no component is matched to the factor.

    Raises:
        ValueError: if there is only one component.
        KeyError: if the table has no such factor or component.
    """
    need_two("leakage", len(table))
    others = table[factor] if component is None else table[factor].drop(component)
    return float(others.max())


def best_rotation(codes: Pairs, factors: Pairs) -> tuple[float, Pairs]:
    """The common rotation of two components that brings them closest to two factors.

    Maximises the mean |Pearson correlation| over the angle and the two assignments, by a grid and a bounded search
    around its best point. A quarter turn swaps the components and changes a sign, so the search covers a quarter turn.

    Args:
        codes: shape (n, 2).
        factors: shape (n, 2).

    Returns:
        The angle, counter-clockwise, in radians, in [0, π/2), and the rotated codes, shape (n, 2).
    """
    z, v = finite(codes, component_names(codes)), finite(factors, ["factor 1", "factor 2"])

    def loss(angle: float) -> float:
        table = np.abs(correlations(_rotate(z, angle), v))
        return -max(table[0, 0] + table[1, 1], table[0, 1] + table[1, 0]) / 2

    grid, step = np.linspace(0, QUARTER, 90, endpoint=False, retstep=True)
    coarse = min(grid, key=loss)
    bounds = (coarse - step, coarse + step)
    fine = scipy.optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9}).x
    angle = float(min(coarse, fine, key=loss)) % QUARTER % QUARTER  # twice: -1e-20 % QUARTER is QUARTER itself
    return angle, _rotate(z, angle)


def _rotate(z: Pairs, angle: float) -> Pairs:
    c, s = np.cos(angle), np.sin(angle)
    return z @ np.array([[c, s], [-s, c]])
