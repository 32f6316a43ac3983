"""What the C library does with the memory of arrays that are freed."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # glibc's numbers of the two switches
KEEP = {MMAP_THRESHOLD: 2**30, TRIM_THRESHOLD: 2**31 - 1}  # bytes
USUAL = {MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26}  # what glibc arrives at by itself with large arrays


@contextmanager
def kept() -> Iterator[None]:
    """Inside, freed memory serves the next arrays instead of going back to the kernel; at the end all of it goes back.

    A training step takes and frees the same arrays as the one before. From the kernel they come as new pages, which it
    clears one at a time: a third of a step. Numbers do not change. Only glibc has the switches, and who sets
    MALLOC_MMAP_THRESHOLD_ in the environment has turned them.
    """
    libc = ctypes.CDLL(None)
    has_switches = sys.platform == "linux" and hasattr(libc, "mallopt") and "MALLOC_MMAP_THRESHOLD_" not in os.environ
    if not has_switches:
        yield
        return
    _set(libc, KEEP)
    try:
        yield
    finally:
        _set(libc, USUAL)
        libc.malloc_trim(0)


def _set(libc: ctypes.CDLL, values: dict[int, int]) -> None:
    for switch, value in values.items():
        libc.mallopt(switch, value)
