"""What can be said of an image without looking at it: an avatar's factors by a regressor, a photograph's statistics.

The talk names its axes by eye ("the first is hair colour"). Avatars have labels, so a small network that reads them
off the picture makes that a number; for photographs, statistics of regions of the picture stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import models
from latentspace.core.compute import Compute
from latentspace.core.fit import fit
from latentspace.core.objective import Objective
from latentspace.gan.params import Regressor as RegressorParams
from latentspace.gan.pretraining.dataset import ImageSet
from latentspace.organise.network import ConvEncoder
from latentspace.organise.pca_autoencoder import in_chunks

Attributes = dict[str, Float[np.ndarray, " n"]]
Measure = Callable[[Tensor], Attributes]


class Regressor(nn.Module):
    """Reads numbers off pictures; classes are read as their index, in an order that means something.

    Args:
        image_size: side of the pictures, in pixels.
        widths: channels after each level, finest first.
        names: of the numbers.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, image_size: int, widths: list[int], names: Sequence[str]) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"image_size": image_size, "widths": widths, "names": list(names)}
        self.names = list(names)
        self.network = ConvEncoder(image_size, 3, widths, len(names))
        self.register_buffer("mean", torch.zeros(len(names)))
        self.register_buffer("deviation", torch.ones(len(names)))

    def fit_scale(self, factors: Float[Tensor, "n factors"]) -> None:
        """Take the mean and the deviation of each number from the training set."""
        self.mean.copy_(factors.mean(0))
        self.deviation.copy_(factors.std(0))

    def forward(self, images: Float[Tensor, "n 3 size size"]) -> Float[Tensor, "n factors"]:
        """Numbers of pictures with values in [−1, 1]."""
        return self.mean + self.deviation * self.network(images)

    @torch.no_grad()
    def measure(self, images: Float[Tensor, "n 3 size size"]) -> Attributes:
        """Numbers by name."""
        values = in_chunks(lambda part: self(part.float().clamp(-1, 1)), images).double().numpy()
        return dict(zip(self.names, values.T, strict=True))


class RegressorObjective(Objective):
    """Mean squared error of the numbers, in units of their deviation, on pictures with some noise.

    Args:
        regressor: the network.
        noise: its standard deviation; a generator's pictures are not as clean as drawings.
    """

    def __init__(self, regressor: Regressor, noise: float) -> None:
        super().__init__()
        self.regressor, self.noise = regressor, noise

    def forward(self, images: Tensor, factors: Float[Tensor, "batch factors"]) -> dict[str, Tensor]:
        """Loss of a batch of pictures, 0 … 255, and their numbers."""
        pictures = images.float() / 127.5 - 1
        wrong = self.regressor(pictures + self.noise * torch.randn_like(pictures)) - factors
        return {"loss": (wrong / self.regressor.deviation).square().mean()}


def train_regressor(data: ImageSet, section: RegressorParams, checkpoints: Path, compute: Compute) -> Regressor:
    """A regressor of the factors of labelled images."""
    images = torch.from_numpy(data.images).permute(0, 3, 1, 2).contiguous()
    factors = torch.from_numpy(data.factors)
    torch.manual_seed(0)
    regressor = Regressor(images.shape[-1], section.widths, data.names)
    regressor.fit_scale(factors)
    objective = RegressorObjective(regressor, section.noise)
    fit(
        objective,
        (images, factors),
        section.training,
        seed=0,
        compute=compute,
        checkpoints=checkpoints,
        label="regressor",
    )
    return regressor.eval()


# Regions of a centred face as shares of the picture: top, bottom, left, right.
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


def statistics(images: Float[Tensor, "n 3 size size"]) -> Attributes:
    """Measured statistics of pictures of faces with values in [−1, 1], by name.

    Lightness is luminance, hue is red minus blue, each in the mean over a region; contrast is the standard deviation of
    luminance there; pose is the luminance of the left half of the face minus that of the right half, which turns with
    the head; sharpness is `laplacian_variance`.
    """
    x = images.float().clamp(-1, 1)
    grey = luminance(x)
    hue = x[:, 0] - x[:, 2]
    edges = [_region(grey, side) for side in ("left_edge", "right_edge")]
    hues = [_region(hue, side) for side in ("left_edge", "right_edge")]
    found = {f"{name}_lightness": _region(grey, name).mean((1, 2)) for name in ("hair", "skin")}
    found["background_lightness"] = torch.stack([part.mean((1, 2)) for part in edges]).mean(0)
    found |= {f"{name}_hue": _region(hue, name).mean((1, 2)) for name in ("hair", "skin")}
    found["background_hue"] = torch.stack([part.mean((1, 2)) for part in hues]).mean(0)
    found["pose"] = _region(grey, "left").mean((1, 2)) - _region(grey, "right").mean((1, 2))
    found |= {f"{name}_contrast": _region(grey, name).flatten(1).std(1) for name in ("mouth", "eyes")}
    found["sharpness"] = laplacian_variance(x)
    return {name: values.double().numpy() for name, values in found.items()}


def luminance(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n h w"]:
    """Weighted mean of the three channels."""
    return torch.einsum("nchw,c->nhw", images, torch.tensor(LUMINANCE, dtype=images.dtype))


def laplacian_variance(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, " n"]:
    """Variance over an image of the Laplacian of its luminance: the usual measure of sharpness."""
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=images.dtype)[None, None]
    return F.conv2d(luminance(images)[:, None], kernel).flatten(1).var(1)


def _region(planes: Float[Tensor, "n h w"], name: str) -> Float[Tensor, "n a b"]:
    h, w = planes.shape[1:]
    top, bottom, left, right = REGIONS[name]
    return planes[:, round(top * h) : round(bottom * h), round(left * w) : round(right * w)]


def measure_of(kind: Literal["regressor", "statistics"], path: Path) -> Measure:
    """What measures the attributes of a generator's pictures.

    Raises:
        ValueError: if the regressor is needed and its file is missing, damaged, or something else.
    """
    if kind == "statistics":
        return statistics
    regressor = models.load(path)
    if not isinstance(regressor, Regressor):
        raise ValueError(f"{path}: holds a {type(regressor).__name__}, not a regressor of attributes")
    return regressor.measure
