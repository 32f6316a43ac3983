"""Dependence between the components of a code: covariance, correlation, distance correlation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float

from latentspace.measures.columns import Codes, component_names, correlations, finite, labelled, need_two, standardised


def covariance_table(codes: Codes) -> pd.DataFrame:
    """Covariance matrix of the components over n rows (divisor n, as in `ScaleFreeBatchNorm`), shape (k, k)."""
    z = finite(codes, component_names(codes))
    centred = z - z.mean(0)
    return labelled(centred.T @ centred / len(z))


def correlation_table(codes: Codes) -> pd.DataFrame:
    """Pearson correlation matrix of the components, shape (k, k)."""
    z = finite(codes, component_names(codes))
    return labelled(correlations(z, z))


def max_correlation(codes: Codes) -> float:
    """Largest |Pearson correlation| between two different components.

    Raises:
        ValueError: if there is only one component.
    """
    need_two("a correlation between components", codes.shape[1])
    table = correlation_table(codes).abs().to_numpy()
    return float(table[np.triu_indices_from(table, 1)].max())


def distance_correlations(codes: Codes) -> pd.DataFrame:
    """Distance correlations of the components, in [0, 1], shape (k, k); 0 only for independent components.

    This is the plain (biased) statistic, which is about 1.5/√n instead of 0 for n rows of independent normal numbers.

    Source: G. Székely, M. Rizzo and N. Bakirov, "Measuring and testing dependence by correlation of distances", 2007.
    """
    z = standardised(finite(codes, component_names(codes)))  # so that a constant column gives 0, not rounding noise
    variances = [_distance_covariance(column, column) for column in z.T]
    table = np.eye(z.shape[1])
    for i, j in zip(*np.triu_indices_from(table, 1), strict=True):
        scale = np.sqrt(variances[i] * variances[j])
        share = _distance_covariance(z[:, i], z[:, j]) / scale if scale > 0 else 0.0
        table[i, j] = table[j, i] = np.sqrt(np.clip(share, 0, 1))
    return labelled(table)


def _distance_covariance(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Squared distance covariance of n pairs (biased), in O(n log n) vectorised operations.

    Source: X. Huo and G. Székely, "Fast computing for distance covariance", 2016.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order] - x.mean(), y[order] - y.mean()
    count, of_x, of_y, of_xy = _sums_below(y, np.stack([np.ones_like(x), x, y, x * y]))
    rising = (x * y * count - x * of_y - y * of_x + of_xy).sum()  # Σ (xⱼ − xᵢ)(yⱼ − yᵢ) over i < j with yᵢ < yⱼ
    both = 2 * (2 * rising - (len(x) * (x @ y) - x.sum() * y.sum()))  # Σ |xᵢ − xⱼ| |yᵢ − yⱼ| over all i, j
    a, b = _distances_to_all(x), _distances_to_all(y)
    return float(both / len(x) ** 2 - 2 * (a @ b) / len(x) ** 3 + a.sum() * b.sum() / len(x) ** 4)


def _sums_below(y: Float[np.ndarray, " n"], weights: Float[np.ndarray, "w n"]) -> Float[np.ndarray, "w n"]:
    """For every place, sums of `weights` over the earlier places with smaller y; ties are ordered arbitrarily."""
    rank = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    sums = np.zeros_like(weights)
    for bit in range(len(y).bit_length()):  # at the first bit in which two ranks differ, the smaller has 0
        order = np.argsort(rank >> (bit + 1), kind="stable")
        group, upper = rank[order] >> (bit + 1), (rank[order] >> bit & 1).astype(bool)
        before = np.cumsum(np.where(upper, 0, weights[:, order]), axis=1)
        start = np.searchsorted(group, group)
        own = before - np.pad(before, ((0, 0), (1, 0)))[:, start]
        sums[:, order[upper]] += own[:, upper]
    return sums


def _distances_to_all(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Σⱼ |xᵢ − xⱼ| for every i."""
    order = np.argsort(x, kind="stable")
    line, sums = x[order], np.empty_like(x)
    sums[order] = (2 * np.arange(len(x)) - len(x) + 2) * line - 2 * np.cumsum(line) + line.sum()
    return sums
