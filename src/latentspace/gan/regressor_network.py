"""Network that estimates an avatar's factors from its image, accurate enough to label axes (slide 46)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.attributes import Attributes, Measure, statistics
from latentspace.nn import models
from latentspace.nn.chunks import in_chunks
from latentspace.pca.networks import ConvEncoder


class Regressor(nn.Module):
    """Network from images to their factors; a class is represented by its index, in a meaningful order.

    Args:
        image_size: side of the images, in pixels.
        widths: channels after each level, finest first.
        names: names of the factors.
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
        """Set the mean and standard deviation of each factor to those of the training set."""
        self.mean.copy_(factors.mean(0))
        self.deviation.copy_(factors.std(0))

    def forward(self, images: Float[Tensor, "n 3 size size"]) -> Float[Tensor, "n factors"]:
        """Factors of images with values in [−1, 1]."""
        return self.mean + self.deviation * self.network(images)

    @torch.no_grad()
    def measure(self, images: Float[Tensor, "n channels size size"]) -> Attributes:
        """Factors of images with values in [−1, 1], by name; grey images and other sizes are converted."""
        values = in_chunks(lambda part: self(self._converted(part.float().clamp(-1, 1))), images).double().numpy()
        return dict(zip(self.names, values.T, strict=True))

    def _converted(self, images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n 3 size size"]:
        """Images in colour and of the size of those on which the network was trained."""
        images, size = images.expand(-1, 3, -1, -1), (self.config["image_size"],) * 2
        return images if images.shape[2:] == size else F.interpolate(images, size, mode="bilinear", antialias=True)


def load_regressor(path: Path) -> Regressor:
    """Read a regressor; raises ValueError naming the file, if it is missing, damaged or another network."""
    regressor = models.load(path)
    if not isinstance(regressor, Regressor):
        raise ValueError(f"{path}: holds a {type(regressor).__name__}, not a regressor of attributes")
    return regressor


def measure_of(kind: Literal["regressor", "statistics"], path: Path) -> Measure:
    """The function that measures the attributes of a generator's images.

    Args:
        kind: the regressor for avatars, statistics for faces.
        path: the regressor's file.

    Raises:
        ValueError: if the regressor is needed, as `load_regressor`.
    """
    return statistics if kind == "statistics" else load_regressor(path).measure
