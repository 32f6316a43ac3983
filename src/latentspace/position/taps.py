"""Linear encoders learnt from labelled positions by L-BFGS (slide 27).

The network is E_L with trainable taps: L layers of 3 taps (1-D) or 3×3 taps (2-D), one channel, no biases. It is
linear, so its outputs for all one-hot Diracs form one image w, and its output for any input x is ⟨w, x⟩. The squared
error over all labelled Diracs and its gradient therefore cost one pass over w, in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy
from jaxtyping import Bool, Float

from latentspace.position.filters import PHI, SUMMING, check_levels
from latentspace.position.params import LBFGS

Taps = Float[np.ndarray, "levels *kernel"]  # shape (L, 3) or (L, 3, 3), finest layer first


Answers = Float[np.ndarray, "..."]  # shape (2^L,) or (2^L, 2^L)


@dataclass(frozen=True)
class Learnt:
    """Taps after training, shape (L, 3) or (L, 3, 3), and the rms error in pixels after every iteration."""

    taps: Taps
    curve: list[float]


def positive_taps(levels: int, dimensions: int, seed: int) -> Taps:
    """Random positive taps; those of a layer sum to 2 per axis, which balances the halving and keeps outputs O(1)."""
    taps = np.random.default_rng(seed).uniform(0.5, 1.5, (levels, *(3,) * dimensions))
    return taps * 2**dimensions / taps.sum(axis=tuple(range(1, taps.ndim)), keepdims=True)


def random_taps(levels: int, dimensions: int, seed: int) -> Taps:
    """Normally distributed taps of mean 0 and standard deviation 2/3, the mean of `positive_taps` in 1-D."""
    return np.random.default_rng(seed).normal(0, 2 / 3, (levels, *(3,) * dimensions))


def answers(taps: Taps) -> list[Answers]:
    """Outputs of the last 0, 1, … L layers for every one-hot input; `answers(taps)[-1]` is w with E(x) = ⟨w, x⟩."""
    found = [np.ones((1,) * (taps.ndim - 1))]
    for kernel in taps[::-1]:
        found.append(_expand(found[-1], kernel))
    return found


def _expand(w: Answers, kernel: Float[np.ndarray, "*kernel"]) -> Answers:
    """Outputs with one more layer in front, whose tap p connects place 2i + p − 1 to place i."""
    size = 2 * len(w) + 1
    wide = np.zeros((size,) * w.ndim)
    for offset in product(range(3), repeat=w.ndim):
        wide[_places(offset, len(w))] += kernel[offset] * w
    return wide[(slice(1, None),) * w.ndim]  # place −1 is padding


def _places(offset: Sequence[int], count: int) -> tuple[slice, ...]:
    return tuple(slice(p, p + 2 * count - 1, 2) for p in offset)


def target(levels: int, dimensions: int) -> Answers:
    """Wanted outputs for all one-hot Diracs: 2^L − a along the first axis, constant along the second."""
    line = 2.0**levels - np.arange(2**levels)
    return line if dimensions == 1 else np.repeat(line[:, None], 2**levels, axis=1)


def loss(taps: Taps, wanted: Answers) -> tuple[float, Taps]:
    """Mean squared error over all one-hot Diracs, and its gradient with respect to `taps`."""
    found = answers(taps)
    residual = found[-1] - wanted
    slope, gradient = 2 * residual / residual.size, np.zeros_like(taps)
    for level, w in enumerate(found[-2::-1]):
        wide = np.pad(slope, [(1, 0)] * slope.ndim)
        slope = np.zeros_like(w)
        for offset in product(range(3), repeat=w.ndim):
            part = wide[_places(offset, len(w))]
            gradient[(level, *offset)] = (part * w).sum()
            slope = slope + taps[(level, *offset)] * part
    return float(np.square(residual).mean()), gradient


def learn(start: Taps, settings: LBFGS) -> Learnt:
    """Minimise the error over all labelled Diracs by L-BFGS from `start`.

    The target is divided by 2^L, so that a network whose layers sum to 2 has the right scale initially; at the end the
    last layer is multiplied by 2^L.

    Args:
        start: initial taps.
        settings: budget and memory of L-BFGS.

    Raises:
        ValueError: if L is out of range, or the result is not finite.
    """
    levels, dimensions = check_levels(len(start)), start.ndim - 1
    scale = 2.0**levels
    wanted = target(levels, dimensions) / scale
    curve = [scale * float(np.sqrt(loss(start, wanted)[0]))]

    def value(flat: Float[np.ndarray, " k"]) -> tuple[float, Float[np.ndarray, " k"]]:
        error, gradient = loss(flat.reshape(start.shape), wanted)
        return error, gradient.ravel()

    def note(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        curve.append(scale * float(np.sqrt(intermediate_result.fun)))

    result = scipy.optimize.minimize(
        value, start.ravel(), jac=True, method="L-BFGS-B", callback=note, options=settings.options
    )
    if not np.isfinite(result.x).all():
        raise ValueError(f"L-BFGS diverged at L = {levels}")
    taps = result.x.reshape(start.shape).copy()
    taps[-1] *= scale
    return Learnt(taps, curve)


def rmse(taps: Taps, positions: Float[np.ndarray, "m dimensions"]) -> float:
    """Root mean square of E(δ_a) − (2^L − a) over continuous positions (eq. 11), in pixels, first coordinate.

    Raises:
        ValueError: if there are no positions.
    """
    if len(positions) == 0:
        raise ValueError("empty set of positions")
    w = answers(taps)[-1]
    found = w[np.newaxis]
    for axis in range(w.ndim):  # ⟨w, δ_a⟩ is the multilinear interpolation of w
        low = np.minimum(positions[:, axis].astype(int), len(w) - 2)
        share = (positions[:, axis] - low).reshape(-1, *(1,) * (w.ndim - axis - 1))
        rows = np.arange(len(positions)) if axis else np.zeros(len(positions), dtype=int)
        found = (1 - share) * found[rows, low] + share * found[rows, low + 1]
    return float(np.sqrt(np.square(found - (len(w) - positions[:, 0])).mean()))


def reference(dimensions: int) -> Float[np.ndarray, "*kernel"]:
    """Expected taps: φ in 1-D; in 2-D φ along the first axis and the summing filter along the second."""
    return np.array(PHI, dtype=float) if dimensions == 1 else np.outer(PHI, SUMMING).astype(float)


def used(levels: int, dimensions: int) -> Bool[np.ndarray, "levels *kernel"]:
    """Mask of the taps that affect the output: all except the left ones of the last layer.

    The last layer has inputs of two places and its output at the first, so its left tap (in 2-D: first row and first
    column) multiplies only padding, gets no gradient and keeps its initial value.
    """
    mask = np.ones((levels, *(3,) * dimensions), dtype=bool)
    for axis in range(dimensions):
        mask[-1].swapaxes(0, axis)[0] = False
    return mask


def normalised(taps: Taps) -> Taps:
    """Taps scaled layer by layer to the sum of the reference over the used taps; NaN for unused taps."""
    kernel, mask = reference(taps.ndim - 1), used(len(taps), taps.ndim - 1)
    axes = tuple(range(1, taps.ndim))
    wanted = np.where(mask, kernel, 0).sum(axis=axes, keepdims=True)
    return np.where(mask, taps * wanted / np.where(mask, taps, 0).sum(axis=axes, keepdims=True), np.nan)


def tap_error(taps: Taps) -> float:
    """Largest |normalised tap − reference| over the used taps."""
    return float(np.nanmax(np.abs(normalised(taps) - reference(taps.ndim - 1))))
