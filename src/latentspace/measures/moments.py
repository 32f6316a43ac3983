"""Attributes of images that need no labels: the authors' S, H and V, and image moments."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from latentspace.measures.columns import ratio


def size_horizontal_vertical(images: Float[np.ndarray, "n size size"]) -> dict[str, Float[np.ndarray, " n"]]:
    """The authors' three properties of an image.

    S is the sum of all pixels, H = |sum of the middle row / sum of the middle column|, V = |trace / anti-trace|. The
    middle has index size/2 − 1 if size is even, (size − 1)/2 if it is odd. H or V is 0 if its denominator is 0, as for
    an empty image.

    Source: slide 39; the authors use row 31 of 64.
    """
    x = images.astype(np.float64)
    middle = (x.shape[1] - 1) // 2
    trace, anti_trace = (np.trace(each, axis1=1, axis2=2) for each in (x, x[:, :, ::-1]))
    return {
        "S": x.sum((1, 2)),
        "H": np.abs(ratio(x[:, middle].sum(1), x[:, :, middle].sum(1))),
        "V": np.abs(ratio(trace, anti_trace)),
    }


def moments(images: Float[np.ndarray, "n channels h w"]) -> dict[str, Float[np.ndarray, " n"]]:
    """Automatic image attributes from moments, with light as mass, for image sets without known factors.

    lightness is the mean; right and down are the centre; width and height are standard deviations about it; slant is
    the shift to the left per unit of y; taper is the narrowing with y, minus the covariance of y with (x − right)²
    over height width². Lengths are in units of half the image. All but lightness are 0 for a black image.
    """
    light = images.mean(1, dtype=np.float64)
    y, x = (np.linspace(-1, 1, side) for side in light.shape[1:])
    weights = ratio(light, light.sum((1, 2))[:, None, None])
    right, down = np.einsum("nyx,x->n", weights, x), np.einsum("nyx,y->n", weights, y)
    from_x, from_y = x - right[:, None], y - down[:, None]
    width, height = (
        np.sqrt(np.einsum("nyx,nx->n", weights, from_x**2)),
        np.sqrt(np.einsum("nyx,ny->n", weights, from_y**2)),
    )
    return {
        "lightness": light.mean((1, 2)),
        "right": right,
        "down": down,
        "width": width,
        "height": height,
        "slant": -ratio(np.einsum("nyx,ny,nx->n", weights, from_y, from_x), height**2),
        "taper": -ratio(np.einsum("nyx,ny,nx->n", weights, from_y, from_x**2), height * width**2),
    }
