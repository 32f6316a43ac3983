"""Arrays in mapped files; without torch, which image sets do not need."""

from __future__ import annotations

import mmap

import numpy as np


def mapping_of(array: np.ndarray) -> mmap.mmap | None:
    """The mapped file in which an array lies; None for an array in memory."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    file = base.obj if isinstance(base, memoryview) else base
    return file if isinstance(file, mmap.mmap) else None


def release(array: np.ndarray) -> None:
    """Return the pages of a mapped array to the kernel, which keeps changes in the file; others are left alone."""
    mapping = mapping_of(array)
    if mapping is not None:
        mapping.madvise(mmap.MADV_DONTNEED)
