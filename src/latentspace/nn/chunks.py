"""Networks and sums over large sets of rows, in chunks, so that memory does not grow with the number of rows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Shaped
from torch import Tensor

CHUNK = 1000  # rows per call of a network
SUMMED = 64  # rows that are converted to double precision at once

Rows = Shaped[Tensor, "n ..."]


def in_chunks(function: Callable[[Tensor], Tensor], x: Rows) -> Rows:
    """Apply `function` to `x` chunk by chunk along the first axis, shape (n, …)."""
    return torch.cat([function(part) for part in x.split(CHUNK)])


def sum_over(rows: Rows, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum of `function` over chunks of the rows, in double precision; a mapped file is read chunk by chunk."""
    first, *others = rows.split(SUMMED)
    total = function(first.double())
    for part in others:
        total += function(part.double())
    return total


def mean_over(rows: Rows) -> Tensor:
    """Mean of the rows, in double precision."""
    return sum_over(rows, lambda part: part.sum(0)) / len(rows)


def variance(rows: Rows) -> float:
    """Mean squared difference between the rows and their mean, per number."""
    mean = mean_over(rows)
    return float(sum_over(rows, lambda part: (part - mean).square().sum())) / rows.numel()


def mean_squared_difference(a: Rows, b: Rows) -> float:
    """Mean squared difference between two sets of rows of equal shape, per number."""
    pieces = zip(a.split(CHUNK), b.split(CHUNK), strict=True)
    return sum(float((left.double() - right.double()).square().sum()) for left, right in pieces) / a.numel()
