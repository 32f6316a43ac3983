"""Rows of a data set that are stored as bytes, in memory or in a mapped file, and read as floats batch by batch."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.nn.mapped import mapping_of


@dataclass(frozen=True)
class ByteRows:
    """Images with values 0 … 255, read as float32 in [0, 1]: a quarter of the memory, or none if they are mapped.

    Attributes:
        stored: the bytes, shape (n, …).
        mapping: the mapped file in which they lie; its pages are returned to the kernel after every read.
    """

    stored: UInt8[Tensor, "n ..."]
    mapping: mmap.mmap | None = None

    @classmethod
    def of(cls, images: UInt8[np.ndarray, "n ..."]) -> ByteRows:
        """The rows of an array, which may be mapped, without a copy."""
        return cls(torch.from_numpy(images), mapping_of(images))

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, rows: slice | Tensor) -> Float[Tensor, "rows ..."]:
        read = self.stored[rows].float() / 255
        if self.mapping is not None:
            self.mapping.madvise(mmap.MADV_DONTNEED)  # else the whole file would count as this process's memory
        return read

    def split(self, size: int) -> Iterator[Float[Tensor, "rows ..."]]:
        """All rows in their order, `size` at a time."""
        return (self[start : start + size] for start in range(0, len(self), size))

    def to(self, device: torch.device) -> ByteRows:
        """The rows on a device."""
        return self if device == self.device else ByteRows(self.stored.to(device))

    @property
    def shape(self) -> torch.Size:
        """Number of rows, then the shape of one."""
        return self.stored.shape

    @property
    def nbytes(self) -> int:
        """Bytes that are stored."""
        return self.stored.nbytes

    @property
    def device(self) -> torch.device:
        """Where the bytes are; a batch is read there."""
        return self.stored.device


Rows = Tensor | ByteRows
