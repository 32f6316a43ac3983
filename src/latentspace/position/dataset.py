"""Positions to train and to test on: stratified, sorted, and never the same twice."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

Positions = Float[np.ndarray, "m d"]


def continuous(count: int, size: int, dimensions: int, seed: int) -> Positions:
    """Continuous positions, uniform on [0, size − 1] per axis, one from each of equal cells, in the order of the cells.

    Args:
        count: how many; in 2-D rounded to a square number.
        size: n, places per axis.
        dimensions: 1 or 2.
        seed: of the place within each cell.

    Raises:
        ValueError: if there would be none.
    """
    side = round(count ** (1 / dimensions))
    if side < 1:
        raise ValueError(f"count = {count}: empty set of positions")
    cells = np.stack(np.meshgrid(*[np.arange(side)] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)
    return (cells + np.random.default_rng(seed).random(cells.shape)) * ((size - 1) / side)


def whole(size: int, dimensions: int) -> Positions:
    """Every one-hot position: 0 … size − 1 per axis, in order."""
    places = np.stack(np.meshgrid(*[np.arange(size)] * dimensions, indexing="ij"), axis=-1)
    return places.reshape(-1, dimensions).astype(float)


def held_out(count: int, size: int, dimensions: int) -> Positions:
    """Test positions, from a stream of random numbers that no training seed reaches."""
    return continuous(count, size, dimensions, 2**32 - 2)
