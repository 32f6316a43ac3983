"""Choice of the examples that figures of the position chapter show."""

from __future__ import annotations

import numpy as np


def spread_indices(count: int, columns: int) -> list[int]:
    """Evenly spaced indices of ``range(count)``, away from its ends."""
    return [int(i) for i in np.linspace(0.1, 0.9, columns) * (count - 1)]


def random_indices(count: int, columns: int) -> list[int]:
    """Different indices of ``range(count)`` in random order, the same in every call."""
    return [int(i) for i in np.random.default_rng(0).permutation(count)[:columns]]
