"""Seeds of a variant's trainings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice


def seeds_of(study: Sequence[int], most: int | None = None, least: int | None = None) -> list[int]:
    """The study's seeds, at most `most` of them; with `least`, the smallest other ones are added up to that number."""
    chosen = list(study[:most])
    missing = max(0, (least or 0) - len(chosen))
    return [*chosen, *islice((seed for seed in count() if seed not in chosen), missing)]
