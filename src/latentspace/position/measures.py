"""What the position chapter measures. Plain NumPy; lines have shape (m, n), images (m, n, n)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.position.dataset import Positions
from latentspace.position.network import dirac

Pictures = Float[np.ndarray, "m *pixels"]
Values = Float[np.ndarray, " m"]


@torch.inference_mode()
def evaluate(
    function: Callable[[Tensor], Tensor], inputs: Float[np.ndarray, "m *shape"]
) -> Float[np.ndarray, "m *out"]:
    """`function` of all inputs, in float32, a thousand at a time; the result in float64."""
    parts = torch.split(torch.as_tensor(inputs, dtype=torch.float32), 1000)
    return torch.cat([function(part) for part in parts]).double().numpy()


def diracs(positions: Positions, size: int) -> Pictures:
    """Diracs at continuous positions (eq. 11)."""
    return dirac(torch.as_tensor(positions), size).numpy()


def relative_l2(outputs: Pictures, wanted: Pictures) -> float:
    """√(Σ (output − wanted)² / Σ wanted²) over all pictures; no scale is fitted."""
    return float(np.linalg.norm(outputs - wanted) / np.linalg.norm(wanted))


def peak(pictures: Pictures) -> Float[np.ndarray, "m d"]:
    """Place of the highest sample, refined per axis by the centroid of the three samples around it, in pixels.

    A centroid over the whole line would be dominated by faint tails. At a border the three samples are the last three.
    """
    axes = range(1, pictures.ndim)
    top = np.stack(np.unravel_index(pictures.reshape(len(pictures), -1).argmax(1), pictures.shape[1:]), axis=1)
    found = []
    for axis in axes:
        rest = tuple(other for other in axes if other != axis)
        line = pictures if not rest else _through(pictures, top, axis)
        centre = np.clip(top[:, axis - 1], 1, line.shape[1] - 2)
        places = centre[:, None] + np.arange(-1, 2)
        grey = np.take_along_axis(line, places, axis=1)
        found.append((grey * places).sum(1) / grey.sum(1))
    return np.stack(found, axis=1)


def _through(pictures: Pictures, top: Float[np.ndarray, "m 2"] | np.ndarray, axis: int) -> Float[np.ndarray, "m n"]:
    """The line through the highest pixel along `axis`."""
    each = np.arange(len(pictures))
    return pictures[each, :, top[:, 1]] if axis == 1 else pictures[each, top[:, 0], :]


def peak_error(outputs: Pictures, wanted: Pictures) -> float:
    """Mean distance in pixels between the peaks of output and wanted picture."""
    return float(np.linalg.norm(peak(outputs) - peak(wanted), axis=1).mean())


def spearman(code: Values, positions: Values) -> float:
    """|Spearman correlation|: 1 when the code is a monotone function of the position."""
    return float(abs(scipy.stats.spearmanr(code, positions).statistic))


def affine_r2(inputs: Float[np.ndarray, "m d"], outputs: Float[np.ndarray, "m e"]) -> float:
    """Share of the variance of `outputs` that an affine function of `inputs` explains."""
    basis = np.column_stack([inputs, np.ones(len(inputs))])
    residual = outputs - basis @ np.linalg.lstsq(basis, outputs, rcond=None)[0]
    return float(1 - np.square(residual).sum() / np.square(outputs - outputs.mean(axis=0)).sum())


def rms(errors: Values) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(errors).mean()))
