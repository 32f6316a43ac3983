"""Training and test positions: stratified, sorted, and different for training and test."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

Positions = Float[np.ndarray, "m d"]


def continuous(count: int, size: int, dimensions: int, seed: int) -> Positions:
    """Continuous positions in [0, size − 1] per axis, drawn uniformly from each of equal cells, in the cells' order.

    Args:
        count: number of positions; in 2-D rounded to a square number.
        size: n, places per axis.
        dimensions: 1 or 2.
        seed: of the positions within the cells.

    Raises:
        ValueError: if `count` is rounded to 0.
    """
    side = round(count ** (1 / dimensions))
    if side < 1:
        raise ValueError(f"count = {count}: empty set of positions")
    cells = np.stack(np.meshgrid(*[np.arange(side)] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)
    return (cells + np.random.default_rng(seed).random(cells.shape)) * ((size - 1) / side)


def all_places(size: int, dimensions: int) -> Positions:
    """All one-hot positions, 0 … size − 1 per axis, in order."""
    places = np.stack(np.meshgrid(*[np.arange(size)] * dimensions, indexing="ij"), axis=-1)
    return places.reshape(-1, dimensions).astype(float)


def held_out(count: int, size: int, dimensions: int) -> Positions:
    """Held-out test positions, from a random stream that no training seed uses."""
    return continuous(count, size, dimensions, 2**32 - 2)
