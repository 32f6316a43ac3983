"""Bounds of the values in params.yaml; the error states the bound with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LARGEST = 32e9  # bytes of one array


def within(low: int | float, high: int | float, reason: str = "", *, or_zero: bool = False) -> AfterValidator:
    """Refuse numbers outside [low, high], except 0 if `or_zero`; the error says why.

    Args:
        low: smallest number.
        high: largest number.
        reason: completes "must be in low … high: ".
        or_zero: accept 0, which switches something off, though it is less than `low`.
    """
    words = f"must be {'0 or ' if or_zero else ''}in {low:.10g} … {high:.10g}" + (f": {reason}" if reason else "")
    return _rule(lambda value: low <= value <= high or (or_zero and value == 0), words)


def matches(pattern: str, words: str) -> AfterValidator:
    """Refuse texts that are not, as a whole, a match of the regular expression `pattern`; `words` says what must be."""
    return _rule(lambda text: re.fullmatch(pattern, text) is not None, words)


def _rule(holds: Callable[[Any], bool], words: str) -> AfterValidator:
    """Refuse values for which `holds` is False."""

    def check(value: Any) -> Any:
        if not holds(value):
            raise PydanticCustomError("bound", "{words}", {"words": words})
        return value

    return AfterValidator(check)


def fits_memory(where: str, *sizes: int) -> None:
    """Refuse an array of float32 numbers that is too large; nothing is allocated.

    Args:
        where: the key or keys that give the sizes.
        sizes: lengths of the array's axes.

    Raises:
        ValueError: if it takes more than `LARGEST` bytes.
    """
    size = 4.0
    for length in sizes:
        size *= length
    if size > LARGEST:
        raise ValueError(f"{where}: {' × '.join(map(str, sizes))} numbers take {size / 1e9:.0f} GB, more than 32")


def are_distinct(values: Sequence[Any]) -> bool:
    """Whether no value occurs twice."""
    return len(set(values)) == len(values)


Distinct = _rule(are_distinct, "must be distinct: results are named by the entries")
Square = _rule(lambda n: round(n**0.5) ** 2 == n, "must be a square number: positions in images form a square grid")

Seed = Annotated[int, within(0, 2**32 - 1, "seeds of NumPy and PyTorch have 32 bits")]
Count = Annotated[int, within(2, 1_000_000, "a variance needs 2, and more would not fit into memory")]
Steps = Annotated[int, within(1, 10_000_000, "more would take weeks")]
Batch = Count
Rate = Annotated[float, within(1e-8, 1, "Adam moves a weight by about this much per step; less is lost in float32")]
Decay = Annotated[float, Field(ge=0, lt=1)]
SeedCount = Annotated[int, within(1, 100, "each seed is trained in a process of its own")]
Width = Annotated[int, within(1, 2048, "the weights of wider layers take gigabytes")]
Widths = Annotated[list[Width], Field(min_length=1, max_length=10)]
Weight = Annotated[
    float, within(1e-9, 1e6, "with less it is lost in float32 beside the error, with more the error is", or_zero=True)
]
EncoderRate = Annotated[float, within(1e-6, 1, "a factor on the learning rate; with less the encoder stays as it is")]
