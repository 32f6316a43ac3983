"""Attributes of faces: statistics of regions of the image.

The talk names its axes by inspection ("the first is hair colour"). Here an axis is named after the attribute with which
it correlates. The attributes of avatars are their factors, estimated by a network (`regressor_network`); faces have no
labels, so statistics of regions of the image are measured instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Attributes = dict[str, Float[np.ndarray, " n"]]


Measure = Callable[[Tensor], Attributes]


# Regions of a centred face as shares of the image: top, bottom, left, right.
REGIONS = {
    "hair": (0.06, 0.22, 0.3, 0.7),
    "skin": (0.5, 0.68, 0.33, 0.67),
    "mouth": (0.66, 0.82, 0.34, 0.66),
    "eyes": (0.36, 0.5, 0.24, 0.76),
    "left": (0.25, 0.8, 0.1, 0.5),
    "right": (0.25, 0.8, 0.5, 0.9),
    "left_edge": (0.0, 0.4, 0.0, 0.12),
    "right_edge": (0.0, 0.4, 0.88, 1.0),
}


LUMINANCE = (0.299, 0.587, 0.114)


def statistics(images: Float[Tensor, "n channels size size"]) -> Attributes:
    """Statistics of images of faces with values in [−1, 1], by name, each of shape (n,); grey images have no hues.

    Lightness is the mean luminance of a region, hue the mean of red minus blue, contrast the standard deviation of the
    luminance. Pose is the luminance of the left half of the face minus that of the right half, which changes when the
    head turns. Sharpness is `laplacian_variance`.
    """
    x = images.float().clamp(-1, 1)
    grey = luminance(x)
    found = _means(grey, "lightness")
    if x.shape[1] == len(LUMINANCE):
        found |= _means(x[:, 0] - x[:, 2], "hue")
    found["pose"] = _region(grey, "left").mean((1, 2)) - _region(grey, "right").mean((1, 2))
    found |= {f"{name}_contrast": _region(grey, name).flatten(1).std(1) for name in ("mouth", "eyes")}
    found["sharpness"] = laplacian_variance(x)
    return {name: values.double().numpy() for name, values in found.items()}


def _means(planes: Float[Tensor, "n h w"], what: str) -> dict[str, Float[Tensor, " n"]]:
    """Means of hair, skin and background, the mean of both edges, by name."""
    found = {f"{name}_{what}": _region(planes, name).mean((1, 2)) for name in ("hair", "skin")}
    edges = [_region(planes, side).mean((1, 2)) for side in ("left_edge", "right_edge")]
    return found | {f"background_{what}": torch.stack(edges).mean(0)}


def luminance(images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n h w"]:
    """Luminance of images: the weighted mean of three channels, or the only channel."""
    if images.shape[1] == 1:
        return images[:, 0]
    return torch.einsum("nchw,c->nhw", images, torch.tensor(LUMINANCE, dtype=images.dtype))


def laplacian_variance(images: Float[Tensor, "n channels h w"]) -> Float[Tensor, " n"]:
    """Variance of the Laplacian of each image's luminance, a common measure of sharpness."""
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=images.dtype)[None, None]
    return F.conv2d(luminance(images)[:, None], kernel).flatten(1).var(1)


def _region(planes: Float[Tensor, "n h w"], name: str) -> Float[Tensor, "n a b"]:
    h, w = planes.shape[1:]
    top, bottom, left, right = REGIONS[name]
    return planes[:, _pixels(top, bottom, h), _pixels(left, right, w)]


def _pixels(start: float, stop: float, size: int) -> slice:
    """The pixels of a share of a side; at least one, which matters for images below 8 pixels."""
    first = min(round(start * size), size - 1)
    return slice(first, max(round(stop * size), first + 1))
