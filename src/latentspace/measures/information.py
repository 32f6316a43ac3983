"""Mutual information of components with factors, from equal-count bins."""

from __future__ import annotations

import numpy as np
import scipy
from jaxtyping import Float, Int

from latentspace.measures.columns import Codes, Factors, paired_columns, ratio


def normalised_information(codes: Codes, factors: Factors, bins: int = 20) -> Float[np.ndarray, "k f"]:
    """I(component; factor) / H(factor) of every component with every factor, in [0, 1]; 0 for a constant factor.

    Components and factors are divided into `bins` bins of equal counts; equal values share a bin. The estimate does not
    change under any monotone function of a component. Where the information is small, I is too high by up to
    (bins − 1)²/2n nats, so n should be well above bins².

    Args:
        codes: shape (n, k).
        factors: values by name, each of shape (n,).
        bins: number of bins.

    Raises:
        ValueError: naming the column that holds a value that is not finite.
    """
    from sklearn.metrics import mutual_info_score  # takes seconds

    z, v = (_equal_counts(columns, bins) for columns in paired_columns(codes, factors))
    information = np.array([[mutual_info_score(factor, component) for factor in v.T] for component in z.T])
    return ratio(information, np.array([mutual_info_score(factor, factor) for factor in v.T]))


def _equal_counts(columns: Codes, bins: int) -> Int[np.ndarray, "n k"]:
    """Index of the bin of each value, by column."""
    return (scipy.stats.rankdata(columns, method="min", axis=0).astype(np.int64) - 1) * bins // len(columns)
