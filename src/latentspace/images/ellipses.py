"""Ellipses at any position in an image, anti-aliased in closed form and vectorised (slide 38).

A pixel at signed distance d inside an edge of curvature κ, blurred by a Gaussian point-spread of σ pixels, has the grey
level Φ(d/σ − κσ/2), up to terms of order (κσ)². Distance and curvature are those of the ellipse's level set through the
pixel, to first order.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, UInt8

Values = Float[np.ndarray, " n"]


CHUNK = 64  # images drawn at once, so that their pixels stay in the processor's cache


def draw_ellipses(
    a: Values, b: Values, theta: Values, size: int, blur: float, centres: Float[np.ndarray, "n 2"] | None = None
) -> UInt8[np.ndarray, "n 1 size size"]:
    """Draw filled ellipses.

    Args:
        a: first semi-axes in pixels, > 0, shape (n,).
        b: second semi-axes in pixels, > 0, shape (n,).
        theta: angles between the first axes and the image's rows, in radians, shape (n,).
        size: side of the square images, in pixels.
        blur: standard deviation σ of the point-spread, in pixels.
        centres: column and row of the centres relative to the image's middle, in pixels, shape (n, 2); 0 by default.

    Returns:
        Images, shape (n, 1, size, size), 0 … 255.
    """
    centred = centres is None
    places = np.zeros((len(a), 2)) if centres is None else centres
    columns = torch.from_numpy(np.column_stack([a, b, theta, places])).float()
    images = torch.empty(len(a), 1, size, size, dtype=torch.uint8)
    half = size // 2 if centred and size % 2 == 0 else size
    axis = torch.arange(size) - (size - 1) / 2
    y, x = axis[:half].repeat_interleave(size), axis.repeat(half)
    for part, out in zip(columns.split(CHUNK), images.split(CHUNK), strict=True):
        grey = _grey(part, x, y, blur).view(-1, half, size)
        if half < size:  # a half turn maps a centred ellipse to itself
            grey = torch.cat([grey, grey.flip(1, 2)], 1)
        out[:, 0] = (grey * 255 + 0.5).byte()
    return images.numpy()


def _grey(ellipses: torch.Tensor, x: torch.Tensor, y: torch.Tensor, blur: float) -> torch.Tensor:
    a, b, theta, centre_x, centre_y = ellipses[:, :, None].unbind(1)
    x, y = x - centre_x, y - centre_y
    u, v = (theta.cos() * x + theta.sin() * y) / a, (theta.cos() * y - theta.sin() * x) / b
    level = u.square() + v.square()
    steepness = ((u / a).square() + (v / b).square()).clamp_min(1e-12).rsqrt()
    root = level.sqrt()
    distance = torch.where(root > 1e-4, (1 - root) * root * steepness, torch.minimum(a, b))
    curvature = (level * steepness**3 / (a * b).square()).clamp_max(1 / blur)
    return torch.special.ndtr(distance / blur - curvature * (blur / 2))
