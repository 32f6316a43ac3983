"""Linear encoders learnt from labelled positions by L-BFGS (slide 27).

The network is E_L with free taps: L layers, each 3 taps (1-D) or 3×3 taps (2-D), one channel, no bias. Its answers to
all one-hot Diracs are one image w, the product of its layers, and the answer to any input x is ⟨w, x⟩; so the squared
error over all labelled Diracs and its gradient cost one pass over w, in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy
from jaxtyping import Bool, Float

from latentspace.position.params import LBFGS
from latentspace.position.theory import PHI, SUMMING, check_levels

Taps = Float[np.ndarray, "levels *kernel"]  # shape (L, 3) or (L, 3, 3), finest layer first
Answers = Float[np.ndarray, "..."]  # shape (2^L,) or (2^L, 2^L)


@dataclass(frozen=True)
class Learnt:
    """Taps after training, shape (L, 3) or (L, 3, 3), and the rms error in pixels after every iteration."""

    taps: Taps
    curve: list[float]


def positive_taps(levels: int, dimensions: int, seed: int) -> Taps:
    """Random positive taps; a layer sums to 2 per axis, which undoes the halving and keeps the answers O(1)."""
    taps = np.random.default_rng(seed).uniform(0.5, 1.5, (levels, *(3,) * dimensions))
    return taps * 2**dimensions / taps.sum(axis=tuple(range(1, taps.ndim)), keepdims=True)


def random_taps(levels: int, dimensions: int, seed: int) -> Taps:
    """Random taps of either sign, normal, as large on average as those of `positive_taps`."""
    return np.random.default_rng(seed).normal(0, 2 / 3, (levels, *(3,) * dimensions))


def answers(taps: Taps) -> list[Answers]:
    """Answers of the last 0, 1, … L layers to every one-hot input: `answers(taps)[-1]` is w, E(x) = ⟨w, x⟩."""
    found = [np.ones((1,) * (taps.ndim - 1))]
    for kernel in taps[::-1]:
        found.append(_expand(found[-1], kernel))
    return found


def _expand(w: Answers, kernel: Float[np.ndarray, "*kernel"]) -> Answers:
    """Answers of one more layer in front: place 2i + p − 1 reaches place i through tap p."""
    size = 2 * len(w) + 1
    wide = np.zeros((size,) * w.ndim)
    for offset in product(range(3), repeat=w.ndim):
        wide[_places(offset, len(w))] += kernel[offset] * w
    return wide[(slice(1, None),) * w.ndim]  # what reaches place −1 is padding


def _places(offset: Sequence[int], count: int) -> tuple[slice, ...]:
    return tuple(slice(p, p + 2 * count - 1, 2) for p in offset)


def target(levels: int, dimensions: int) -> Answers:
    """2^L − a along the first axis, the same along the other."""
    line = 2.0**levels - np.arange(2**levels)
    return line if dimensions == 1 else np.repeat(line[:, None], 2**levels, axis=1)


def loss(taps: Taps, wanted: Answers) -> tuple[float, Taps]:
    """Mean squared error over all one-hot Diracs, and its gradient, of the shape of `taps`."""
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

    The target is divided by 2^L, so that a network whose layers sum to 2 starts at the right size; the scale is put
    back into the last layer.

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

    options: dict[str, float] = {
        "maxiter": settings.evaluations,
        "maxfun": settings.evaluations,
        "maxcor": settings.memory,
    }
    options |= {"ftol": 0.0, "gtol": 0.0}  # the error falls to rounding: only the budget or a stall ends it
    result = scipy.optimize.minimize(value, start.ravel(), jac=True, method="L-BFGS-B", callback=note, options=options)
    if not np.isfinite(result.x).all():
        raise ValueError(f"L-BFGS left the real numbers at L = {levels}")
    taps = result.x.reshape(start.shape).copy()
    taps[-1] *= scale
    return Learnt(taps, curve)


def rmse(taps: Taps, positions: Float[np.ndarray, "m dimensions"]) -> float:
    """Root mean square of E(δ_a) − (2^L − a) over continuous positions (eq. 11), in pixels, first coordinate.

    Raises:
        ValueError: for an empty set.
    """
    if len(positions) == 0:
        raise ValueError("empty set of positions")
    w = answers(taps)[-1]
    found = w[np.newaxis]
    for axis in range(w.ndim):  # multilinear interpolation of w, which is what ⟨w, δ_a⟩ is
        low = np.minimum(positions[:, axis].astype(int), len(w) - 2)
        share = (positions[:, axis] - low).reshape(-1, *(1,) * (w.ndim - axis - 1))
        rows = np.arange(len(positions)) if axis else np.zeros(len(positions), dtype=int)
        found = (1 - share) * found[rows, low] + share * found[rows, low + 1]
    return float(np.sqrt(np.square(found - (len(w) - positions[:, 0])).mean()))


def reference(dimensions: int) -> Float[np.ndarray, "*kernel"]:
    """φ in 1-D; φ along the first axis and the summing filter along the second in 2-D."""
    return np.array(PHI, dtype=float) if dimensions == 1 else np.outer(PHI, SUMMING).astype(float)


def used(levels: int, dimensions: int) -> Bool[np.ndarray, "levels *kernel"]:
    """Which taps the output depends on: all but the last layer's left ones, which only ever multiply padding.

    The last layer sees two places and answers at the first, so its left tap (in 2-D: first row and first column) meets
    zeros alone; it never gets a gradient and stays where it started.
    """
    mask = np.ones((levels, *(3,) * dimensions), dtype=bool)
    for axis in range(dimensions):
        mask[-1].swapaxes(0, axis)[0] = False
    return mask


def normalised(taps: Taps) -> Taps:
    """Taps scaled layer by layer to the reference's sum over the taps in use; NaN where the output ignores them."""
    kernel, mask = reference(taps.ndim - 1), used(len(taps), taps.ndim - 1)
    axes = tuple(range(1, taps.ndim))
    wanted = np.where(mask, kernel, 0).sum(axis=axes, keepdims=True)
    return np.where(mask, taps * wanted / np.where(mask, taps, 0).sum(axis=axes, keepdims=True), np.nan)


def tap_error(taps: Taps) -> float:
    """Largest |normalised tap − reference| over the taps that the output depends on."""
    return float(np.nanmax(np.abs(normalised(taps) - reference(taps.ndim - 1))))
