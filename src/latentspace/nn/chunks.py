"""Networks and sums over large sets of rows, in chunks, so that memory does not grow with the number of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

CHUNK = 1000  # rows per call of a network
SUMMED = 64  # rows that are converted to double precision at once


@runtime_checkable
class Splits(Protocol):
    """Rows that can be split: a tensor, or images that are stored as bytes (`nn.rows`)."""

    def __len__(self) -> int:
        """Number of rows."""

    @property
    def shape(self) -> torch.Size:
        """Number of rows, then the shape of one."""

    def split(self, size: int, /) -> Iterable[Tensor]:
        """The rows in their order, `size` at a time."""


def in_chunks(function: Callable[[Tensor], Tensor], x: Splits) -> Tensor:
    """Apply `function` to `x` chunk by chunk along the first axis, shape (n, …)."""
    return torch.cat([function(part) for part in x.split(CHUNK)])


def sum_over(rows: Splits, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum of `function` over chunks of the rows, in double precision; a mapped file is read chunk by chunk."""
    first, *others = rows.split(SUMMED)
    total = function(first.double())
    for part in others:
        total += function(part.double())
    return total


def mean_over(rows: Splits) -> Tensor:
    """Mean of the rows, in double precision."""
    return sum_over(rows, lambda part: part.sum(0)) / len(rows)


def variance(rows: Splits) -> float:
    """Mean squared difference between the rows and their mean, per number."""
    mean = mean_over(rows)
    return float(sum_over(rows, lambda part: (part - mean).square().sum())) / math.prod(rows.shape)


def mean_squared_difference(a: Tensor, b: Tensor) -> float:
    """Mean squared difference between two sets of rows of equal shape, per number."""
    pieces = zip(a.split(CHUNK), b.split(CHUNK), strict=True)
    return sum(float((left.double() - right.double()).square().sum()) for left, right in pieces) / a.numel()
