"""Measures shared by the experiments of the position chapter. Lines have shape (m, n), images (m, n, n)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.position.dataset import Positions
from latentspace.position.networks import dirac

Pictures = Float[np.ndarray, "m *pixels"]


@torch.inference_mode()
def evaluate(
    function: Callable[[Tensor], Tensor], inputs: Float[np.ndarray, "m *shape"]
) -> Float[np.ndarray, "m *out"]:
    """Apply `function` to all inputs in chunks, in float32; the result is float64."""
    parts = torch.split(torch.as_tensor(inputs, dtype=torch.float32), 1000)
    return torch.cat([function(part) for part in parts]).double().numpy()


def diracs(positions: Positions, size: int) -> Pictures:
    """Diracs at continuous positions (eq. 11)."""
    return dirac(torch.as_tensor(positions), size).numpy()


def relative_l2(outputs: Pictures, wanted: Pictures) -> float:
    """√(Σ (output − wanted)² / Σ wanted²) over all pictures, without fitting a scale."""
    return float(np.linalg.norm(outputs - wanted) / np.linalg.norm(wanted))


def peak(pictures: Pictures) -> Float[np.ndarray, "m d"]:
    """Position of the largest sample, refined per axis by the centroid of the three samples around it, in pixels.

    Faint tails would dominate a centroid over the whole line. At a border the three outermost samples are used.
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
    """The line along `axis` through the pixel of the largest value."""
    each = np.arange(len(pictures))
    return pictures[each, :, top[:, 1]] if axis == 1 else pictures[each, top[:, 0], :]


def peak_error(outputs: Pictures, wanted: Pictures) -> float:
    """Mean distance between the peaks of outputs and wanted pictures, in pixels."""
    return float(np.linalg.norm(peak(outputs) - peak(wanted), axis=1).mean())
