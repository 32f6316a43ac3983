"""Arrays of bytes that do not fit into memory, in files that vanish with them."""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Int

from latentspace.images.image_set import Pixels
from latentspace.images.npz import MAPPED
from latentspace.nn.mapped import release

BLOCK = 512  # rows that are moved at once; the kernel maps up to hundreds of pages around each


def empty(shape: tuple[int, ...], folder: Path | None) -> Pixels:
    """An array of bytes; if it is larger than `MAPPED`, in an unnamed file of `folder`, unless None.

    Raises:
        OSError: naming the folder if the disk has no room for the file.
    """
    size = math.prod(shape)
    if folder is None or size <= MAPPED:
        return np.empty(shape, dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)  # else a full disk would kill the process that fills the array
        except OSError as error:
            raise OSError(f"{folder}: no room for {size / 1e9:.1f} GB of images: {error.strerror}") from None
        return np.frombuffer(mmap.mmap(file.fileno(), size), dtype=np.uint8).reshape(shape)


def ordered(images: Pixels, order: Int[np.ndarray, " n"], folder: Path | None) -> Pixels:
    """A copy of some images in another order, as `empty` makes it."""
    copy = empty((len(order), *images.shape[1:]), folder)
    for start in range(0, len(order), BLOCK):
        copy[start : start + BLOCK] = images[order[start : start + BLOCK]]
        release(copy)
        release(images)
    return copy
