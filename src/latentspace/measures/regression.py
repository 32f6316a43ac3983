"""Explained variance of affine maps."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from latentspace.measures.columns import finite, ratio


def linear_r2(inputs: Float[np.ndarray, "n j"], targets: Float[np.ndarray, "n t"]) -> float:
    """R² of the least-squares affine map from `inputs` to `targets`, mean over targets; no rows are held out.

    Raises:
        ValueError: if a value is not finite.
    """
    x = finite(inputs, [f"input {i + 1}" for i in range(inputs.shape[1])])
    y = finite(targets, [f"target {i + 1}" for i in range(targets.shape[1])])
    x, centred = x - x.mean(0), y - y.mean(0)
    return float(r2(y.mean(0) + x @ np.linalg.lstsq(x, centred, rcond=None)[0], y).mean())


def r2(fitted: Float[np.ndarray, "n t"], observed: Float[np.ndarray, "n t"]) -> Float[np.ndarray, " t"]:
    """R² of each column; 0 for a constant column."""
    residual, total = np.square(observed - fitted).sum(0), np.square(observed - observed.mean(0)).sum(0)
    return np.where(np.ptp(observed, axis=0) == 0, 0, 1 - ratio(residual, total))
