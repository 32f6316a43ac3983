"""Position by a linear network: E_L filters with φ = [1, 2, 1] and keeps even places, L times (slides 24-26, appendix).

Everything here is plain NumPy and, for one-hot Diracs, exact integer arithmetic. docs/position.md has the proofs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Num, Shaped

from latentspace.position.dataset import held_out
from latentspace.position.params import Theory

PHI = (1, 2, 1)  # eq. 10
SUMMING = (0, 1, 1)  # adds two neighbours and so keeps the sum of its input: what the other axis needs in 2-D
MAX_LEVELS = 12


def levels_of(length: int) -> int:
    """L with 2^L = `length`; raises ValueError when `length` is not a power of two or L is not in 1 … 12."""
    if length < 1 or length & (length - 1):
        raise ValueError(f"length = {length} must be a power of two")
    return check_levels(length.bit_length() - 1)


def check_levels(levels: int) -> int:
    """`levels` itself; raises ValueError when it is not in 1 … 12."""
    if not 1 <= levels <= MAX_LEVELS:
        raise ValueError(f"L = {levels} must be in 1 … {MAX_LEVELS}")
    return levels


def layer(
    x: Num[np.ndarray, "*batch n"], taps: Sequence[int] | Sequence[float] = PHI
) -> Num[np.ndarray, "*batch half"]:
    """One layer along the last axis: u(i) = t₀ x(2i − 1) + t₁ x(2i) + t₂ x(2i + 1), zero padding (slide 24).

    Raises:
        ValueError: if the length is odd, the set is empty, or the filter has not three taps (it needs a middle).
    """
    if len(taps) != 3:
        raise ValueError(f"filter of {len(taps)} taps: three are needed; an even filter has no middle tap")
    if x.size == 0:
        raise ValueError("empty set of inputs")
    if x.shape[-1] % 2:
        raise ValueError(f"length = {x.shape[-1]} must be even to keep every second place")
    even, odd = x[..., ::2], x[..., 1::2]
    before = np.zeros_like(odd)
    before[..., 1:] = odd[..., :-1]
    return taps[0] * before + taps[1] * even + taps[2] * odd


def layers(x: Num[np.ndarray, "*batch n"], taps: Sequence[int] = PHI) -> list[Num[np.ndarray, "*batch _"]]:
    """Outputs u⁽¹⁾ … u⁽ᴸ⁾ of every layer of E_L for inputs of length 2^L (Table 1); raises ValueError as `layer`."""
    outputs = [x]
    for _ in range(levels_of(x.shape[-1])):
        outputs.append(layer(outputs[-1], taps))
    return outputs[1:]


def encode(x: Num[np.ndarray, "*batch n"], taps: Sequence[int] = PHI) -> Num[np.ndarray, "*batch"]:
    """E_L(x) = Σ_i (2^L − i) x(i), so E_L(δ_a) = 2^L − a (slide 26, eq. 18); with c φ, c^L times that."""
    return layers(x, taps)[-1][..., 0]


def one_hot(positions: Int[np.ndarray, " m"], length: int) -> Int[np.ndarray, "m length"]:
    """Diracs δ_a with a 1 at place a (eq. 9); raises ValueError for an empty set or a place outside 0 … length − 1."""
    _check_positions(positions, length)
    return (positions[:, None] == np.arange(length)).astype(np.int64)


def fractional(positions: Float[np.ndarray, " m"], length: int) -> Float[np.ndarray, "m length"]:
    """Diracs at continuous a: 1 − |a − t| at the two places t beside a, 0 elsewhere (eq. 11, whose x means a).

    Raises:
        ValueError: for an empty set, or a position outside [0, length − 1].
    """
    _check_positions(positions, length)
    return np.maximum(1 - np.abs(positions[:, None] - np.arange(length)), 0)


def fractional_2d(positions: Float[np.ndarray, "m 2"], length: int) -> Float[np.ndarray, "m length length"]:
    """Images of one point at continuous (row, column): products of two fractional Diracs."""
    rows, columns = (fractional(positions[:, axis], length) for axis in (0, 1))
    return rows[:, :, None] * columns[:, None, :]


def _check_positions(positions: Shaped[np.ndarray, " m"], length: int) -> None:
    if len(positions) == 0:
        raise ValueError("empty set of positions")
    if positions.min() < 0 or positions.max() > length - 1:
        raise ValueError(f"positions must lie in [0, {length - 1}]")


def encode_2d(
    images: Num[np.ndarray, "*batch n n"], taps: Sequence[int] = PHI
) -> tuple[Num[np.ndarray, "*batch"], Num[np.ndarray, "*batch"]]:
    """(2^L − row, 2^L − column) of point images: φ along one axis, the summing filter along the other, per layer.

    φ along both axes would give the product of the two numbers (docs/position.md).
    """
    return _encode_axes(images, taps, SUMMING), _encode_axes(images, SUMMING, taps)


def _encode_axes(
    x: Num[np.ndarray, "*batch n n"], along_rows: Sequence[int], along_columns: Sequence[int]
) -> Num[np.ndarray, "*batch"]:
    for _ in range(levels_of(x.shape[-1])):
        x = layer(layer(x, along_columns).swapaxes(-1, -2), along_rows).swapaxes(-1, -2)
    return x[..., 0, 0]


def max_error(levels: int) -> int:
    """Largest |E_L(δ_a) − (2^L − a)| over every a, in integers; raises ValueError for L outside 1 … 12."""
    length = 2 ** check_levels(levels)
    worst = 0
    for a in np.array_split(np.arange(length), max(1, length // 512)):  # 512 Diracs at a time fit the cache
        worst = max(worst, int(np.abs(encode(one_hot(a, length)) - (length - a)).max()))
    return worst


def filter_2d(levels: int) -> tuple[Int[np.ndarray, "n n"], Int[np.ndarray, "n n"]]:
    """What the 2-D network answers to every single pixel: two images of shape (2^L, 2^L), in integers.

    The network is a product of a row and a column network, so its answer to pixel (a, b) is the product of theirs.
    """
    length = 2 ** check_levels(levels)
    pixels = one_hot(np.arange(length), length)
    position, total = encode(pixels), encode(pixels, SUMMING)
    return np.outer(position, total), np.outer(total, position)


def max_error_2d(levels: int) -> int:
    """Largest deviation of both coordinates from 2^L − a over every pixel, in integers."""
    rows, columns = filter_2d(levels)
    expected = 2**levels - np.arange(2**levels)
    return int(max(np.abs(rows - expected[:, None]).max(), np.abs(columns - expected).max()))


def decode(positions: Float[np.ndarray, " m"], levels: int) -> Float[np.ndarray, "m n"]:
    """The way back, exact too, by L layers of upsampling, convolution and ReLU (docs/position.md).

    Starts from (1 − a/n, a/n), the fractional Dirac on the two places 0 and n, and halves the spacing L times: with
    c the coarse Dirac, the fine one is relu(2c(i) − 1) at 2i and 2c(i) − 2 relu(c(i) − c(i + 1)) at 2i + 1.

    Args:
        positions: a in [0, n − 1], shape (m,), with n = 2^L.
        levels: L in 1 … 12.

    Returns:
        δ_a of eq. 11, shape (m, n), up to rounding.

    Raises:
        ValueError: for an empty set, a position outside [0, n − 1], or L out of range.
    """
    length = 2 ** check_levels(levels)
    _check_positions(positions, length)
    coarse = np.stack([1 - positions / length, positions / length], axis=1)
    for _ in range(levels):
        fine = np.zeros((len(positions), 2 * coarse.shape[1] - 1))
        fine[:, ::2] = np.maximum(2 * coarse - 1, 0)
        fine[:, 1::2] = 2 * coarse[:, :-1] - 2 * np.maximum(coarse[:, :-1] - coarse[:, 1:], 0)
        coarse = fine
    return coarse[:, :-1]


def theory_numbers(section: Theory) -> dict[str, float]:
    """Largest deviations from the theorem: every one-hot Dirac in integers, continuous ones in floating point."""
    levels = range(1, section.levels + 1)
    metrics: dict[str, float] = {f"theory.max_error_L{n}": max_error(n) for n in levels}
    metrics["theory.max_error"] = max(metrics.values())
    metrics["theory.max_error_2d"] = max(max_error_2d(n) for n in range(1, section.levels_2d + 1))
    a = held_out(1000, 256, 1)[:, 0]
    pictures = fractional(a, 256)
    metrics["theory.continuous_error"] = float(np.abs(encode(pictures) - (256 - a)).max())
    metrics["theory.decoder_error"] = float(np.abs(decode(a, 8) - pictures).max())
    return metrics
