"""Position from a linear network, E_L: filter with φ = [1, 2, 1], keep even places, L times (slides 24-26, appendix).

The network is written in NumPy; for one-hot Diracs it computes exactly, in integers. docs/position.md has the proofs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Num, Shaped
from matplotlib.axes import Axes

from latentspace.pipeline.measured import Findings, measured
from latentspace.plots.style import Picture, axes_grid, bare
from latentspace.position.dataset import held_out
from latentspace.position.filters import PHI, SUMMING, check_levels
from latentspace.position.params import Theory


def levels_of(length: int) -> int:
    """L with 2^L = `length`; raises ValueError if `length` is not a power of two or L is not in 1 … 12."""
    if length < 1 or length & (length - 1):
        raise ValueError(f"length = {length} must be a power of two")
    return check_levels(length.bit_length() - 1)


def layer(
    x: Num[np.ndarray, "*batch n"], taps: Sequence[int] | Sequence[float] = PHI
) -> Num[np.ndarray, "*batch half"]:
    """One layer along the last axis: u(i) = t₀ x(2i − 1) + t₁ x(2i) + t₂ x(2i + 1), zero padding (slide 24).

    Raises:
        ValueError: if the length is odd, there are no inputs, or the filter does not have three taps.
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
    """E_L(x) = Σ_i (2^L − i) x(i), so E_L(δ_a) = 2^L − a (slide 26, eq. 18); c^L times that for taps c φ."""
    return layers(x, taps)[-1][..., 0]


def one_hot(positions: Int[np.ndarray, " m"], length: int) -> Int[np.ndarray, "m length"]:
    """Diracs δ_a with a 1 at place a (eq. 9); raises ValueError if there are none or a is not in 0 … length − 1."""
    _check_positions(positions, length)
    return (positions[:, None] == np.arange(length)).astype(np.int64)


def fractional(positions: Float[np.ndarray, " m"], length: int) -> Float[np.ndarray, "m length"]:
    """Diracs at continuous a: 1 − |a − t| at the two places t next to a, 0 elsewhere (eq. 11, where x denotes a).

    Raises:
        ValueError: if there are no positions, or one is outside [0, length − 1].
    """
    _check_positions(positions, length)
    return np.maximum(1 - np.abs(positions[:, None] - np.arange(length)), 0)


def fractional_2d(positions: Float[np.ndarray, "m 2"], length: int) -> Float[np.ndarray, "m length length"]:
    """Images with one Dirac at continuous (row, column): products of two fractional Diracs."""
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
    """(2^L − row, 2^L − column) of images of Diracs; each layer filters with φ along one axis, sums along the other.

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
    """Largest |E_L(δ_a) − (2^L − a)| over all a, in integers; raises ValueError if L is not in 1 … 12."""
    length = 2 ** check_levels(levels)
    worst = 0
    for a in np.array_split(np.arange(length), max(1, length // 512)):  # 512 Diracs at a time fit the cache
        worst = max(worst, int(np.abs(encode(one_hot(a, length)) - (length - a)).max()))
    return worst


def filter_2d(levels: int) -> tuple[Int[np.ndarray, "n n"], Int[np.ndarray, "n n"]]:
    """Both outputs of the 2-D network for every one-hot image, as two images of shape (2^L, 2^L), in integers.

    The network is the product of a row and a column network, and so is its output for pixel (a, b).
    """
    length = 2 ** check_levels(levels)
    pixels = one_hot(np.arange(length), length)
    position, total = encode(pixels), encode(pixels, SUMMING)
    return np.outer(position, total), np.outer(total, position)


def max_error_2d(levels: int) -> int:
    """Largest deviation of either coordinate from 2^L − a over all pixels, in integers."""
    rows, columns = filter_2d(levels)
    expected = 2**levels - np.arange(2**levels)
    return int(max(np.abs(rows - expected[:, None]).max(), np.abs(columns - expected).max()))


def decode(positions: Float[np.ndarray, " m"], levels: int) -> Float[np.ndarray, "m n"]:
    """Exact decoder from a to δ_a, by L layers of upsampling, convolution and ReLU (docs/position.md).

    It starts from (1 − a/n, a/n), the fractional Dirac on the two places 0 and n, and halves the spacing L times: if
    c is the coarse Dirac, the fine one is relu(2c(i) − 1) at 2i and 2c(i) − 2 relu(c(i) − c(i + 1)) at 2i + 1.

    Args:
        positions: a in [0, n − 1], shape (m,), with n = 2^L.
        levels: L in 1 … 12.

    Returns:
        δ_a of eq. 11, shape (m, n), up to rounding.

    Raises:
        ValueError: if there are no positions, one is outside [0, n − 1], or L is out of range.
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


def experiment(section: Theory) -> Findings:
    """Check the theorem for all positions in 1-D and 2-D; draw Table 1 and the filters of the 2-D network."""
    errors = deviations(section)
    return Findings(
        measured("theory", errors),
        {"table.png": layer_table(3), "filters_2d.png": filters_2d(5)},
        summary=f"largest |E(δ_a) − (2^L − a)| up to L = {section.levels}: {errors['max_error']:g}",
    )


def deviations(section: Theory) -> dict[str, float]:
    """Largest deviations from the theorem, for all one-hot Diracs in integers and for continuous ones in float64."""
    by_levels = {f"max_error_L{n}": float(max_error(n)) for n in range(1, section.levels + 1)}
    a = held_out(1000, 256, 1)[:, 0]
    pictures = fractional(a, 256)
    return by_levels | {
        "max_error": max(by_levels.values()),
        "max_error_2d": float(max(max_error_2d(n) for n in range(1, section.levels_2d + 1))),
        "continuous_error": float(np.abs(encode(pictures) - (256 - a)).max()),
        "decoder_error": float(np.abs(decode(a, 8) - pictures).max()),
    }


def layer_table(levels: int) -> Picture:
    """Outputs of every layer for every one-hot vector of length 2^L, as in Table 1 of the talk (slide 25)."""
    x = one_hot(np.arange(2**levels), 2**levels)
    rows = [("x", x), *((f"u({n})", u) for n, u in enumerate(layers(x), start=1))]
    figure, axes = axes_grid(len(rows), len(x), width=1.15, height=0.5)
    for line, (label, outputs) in zip(axes, rows, strict=True):
        for cell, values in zip(line, outputs, strict=True):
            _cells(cell, values)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    for a, cell in enumerate(axes[0]):
        cell.set_title(f"a = {a}", fontsize=9)
    return figure


def _cells(axes: Axes, values: Int[np.ndarray, " n"]) -> None:
    axes.imshow(values[None] / max(int(values.max()), 1), cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    for place, value in enumerate(values):
        axes.text(place, 0, str(value), ha="center", va="center", fontsize=8)
    bare(axes)


def filters_2d(levels: int) -> Picture:
    """Outputs of the 2-D network for every pixel, 2^L minus the row or the column; φ ⊗ φ gives their product."""
    rows, columns = filter_2d(levels)
    line = 2**levels - np.arange(2**levels)
    shown = {"φ down, [0, 1, 1] across": rows, "[0, 1, 1] down, φ across": columns, "φ ⊗ φ": np.outer(line, line)}
    figure, axes = axes_grid(1, 3, width=2.8, height=2.6)
    for cell, (title, image) in zip(axes[0], shown.items(), strict=True):
        drawn = cell.imshow(image, cmap="viridis")
        bare(cell)
        cell.set_title(title)
        figure.colorbar(drawn, ax=cell, shrink=0.8, label="output (pixels²)" if "⊗" in title else "output (pixels)")
    return figure
