"""Settings of the C library's allocator: reuse freed memory instead of returning it to the kernel."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # glibc's numbers of the two options


KEEP = {MMAP_THRESHOLD: 2**30, TRIM_THRESHOLD: 2**31 - 1}  # bytes


USUAL = {MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26}  # bytes, glibc's own values after large arrays


@contextmanager
def kept() -> Iterator[None]:
    """Reuse freed memory inside the block instead of returning it to the kernel; return all of it at the end.

    Every training step allocates and frees the same arrays. The kernel would clear their pages each time, which takes a
    third of a step. Results do not change. Only glibc has these options; they are left alone if the environment sets
    MALLOC_MMAP_THRESHOLD_.
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
