"""Filters of the linear network E_L (eq. 10), and the range of its number of layers L."""

from __future__ import annotations

PHI = (1, 2, 1)  # eq. 10


SUMMING = (0, 1, 1)  # adds two neighbours, which preserves the sum of the input; the filter of the other axis in 2-D


MAX_LEVELS = 12


def check_levels(levels: int) -> int:
    """Return `levels`; raises ValueError if it is not in 1 … 12."""
    if not 1 <= levels <= MAX_LEVELS:
        raise ValueError(f"L = {levels} must be in 1 … {MAX_LEVELS}")
    return levels
