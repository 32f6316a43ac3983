"""Units and layouts of a user's data: conversion of arrays to inputs of networks, and of outputs to arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Num, Shaped
from torch import Tensor, nn

from latentspace.nn import models
from latentspace.nn.latent import LatentModel

Array = Num[np.ndarray, "n ..."]


@dataclass(frozen=True)
class Layout:
    """Shape and order of axes of one row of a user's data.

    Attributes:
        shape: of a row: (features,), (height, width), (channels, height, width) or (height, width, channels).
    """

    shape: tuple[int, ...]

    @property
    def is_image(self) -> bool:
        """Whether a row is an image."""
        return len(self.shape) > 1

    @property
    def channels_last(self) -> bool:
        """Whether channels are the last axis: (height, width, 1 or 3)."""
        return len(self.shape) == 3 and self.shape[2] in (1, 3) and self.shape[0] not in (1, 3)

    def to_network(self, rows: Tensor) -> Tensor:
        """Convert images to (n, channels, height, width); vectors are unchanged."""
        if len(self.shape) == 2:
            return rows[:, None]
        return rows.movedim(-1, 1) if self.channels_last else rows

    def from_network(self, rows: Tensor) -> Tensor:
        """Invert `to_network`."""
        if len(self.shape) == 2:
            return rows[:, 0]
        return rows.movedim(1, -1) if self.channels_last else rows


def layout_of(shape: Sequence[int], *, any_size: bool = False) -> Layout:
    """Layout of data of `shape`, with rows along the first axis.

    Raises:
        ValueError: if the rows are neither vectors nor images; or, unless `any_size`, if they are images that the
            default networks do not accept: not square, or not of 16, 32, 64 or 128 pixels a side.
    """
    layout = Layout(tuple(int(n) for n in shape[1:]))
    if len(layout.shape) not in (1, 2, 3):
        raise ValueError(f"data of shape {tuple(shape)}: (n, features) or images are expected")
    if layout.is_image and not any_size:
        height, width = layout.shape[:2] if layout.channels_last or len(layout.shape) == 2 else layout.shape[1:]
        if height != width or height not in (16, 32, 64, 128):
            raise ValueError(f"images of {height} × {width} pixels: square ones of 16, 32, 64 or 128 pixels are needed")
    return layout


@dataclass(frozen=True)
class Units:
    """Units of a user's data x: the input of networks is (x − offset) / scale.

    Attributes:
        offset: float32, shape (features,) for vectors, () for images.
        scale: divisor.
    """

    offset: Float[np.ndarray, "..."]
    scale: float

    @classmethod
    def of(cls, rows: Float[np.ndarray, "n ..."], layout: Layout) -> Units:
        """Units that normalise data for networks.

        The mean of vectors is subtracted, and they are divided by one standard deviation over all features, which
        preserves the proportions of the features and thus the explained variance. Images in [0, 1] are unchanged; the
        range of others is mapped to [0, 1].

        Raises:
            ValueError: if all rows are equal.
        """
        if layout.is_image:
            low, high = float(rows.min()), float(rows.max())
            offset, scale = (0.0, 1.0) if low >= 0 and high <= 1 and high > low else (low, high - low)
        else:
            offset, scale = rows.mean(0), float(np.sqrt(rows.var(0).mean()))
        if not scale > 0:
            raise ValueError("all rows of the data are equal: there is nothing to encode")
        return cls(np.asarray(offset, dtype=np.float32), scale)

    @classmethod
    def none(cls) -> Units:
        """Units that leave the data unscaled."""
        return cls(np.zeros((), dtype=np.float32), 1.0)

    @property
    def identity(self) -> bool:
        """Whether the data are left unscaled."""
        return self.scale == 1 and not self.offset.any()

    def scaled(self, x: Tensor) -> Tensor:
        """Data in the units of networks, float32."""
        return (
            x.float() if self.identity else ((x.double() - torch.from_numpy(self.offset).double()) / self.scale).float()
        )

    def placed(self, model: LatentModel) -> LatentModel:
        """Convert a model of scaled data to a model of data in these units."""
        if self.identity:
            return model
        placed = ScaledModel(model, self.offset.shape, self.scale)
        placed.offset.copy_(torch.from_numpy(self.offset))
        return placed.eval()


class ScaledModel(LatentModel):
    """A latent model of data x in their own units, around a model of (x − offset) / scale.

    Args:
        inner: the model of scaled data, or its description.
        shape: of the offset.
        scale: divisor.
    """

    offset: Tensor
    divisor: float

    def __init__(self, inner: nn.Module | Mapping[str, Any], shape: Sequence[int], scale: float) -> None:
        super().__init__()
        inner = models.build(inner)
        if not isinstance(inner, LatentModel):
            raise ValueError("inner must be a latent model")
        self.inner, self.components, self.divisor = inner, inner.components, scale
        self.register_buffer("offset", torch.zeros(tuple(shape)))

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {"inner": models.describe(self.inner), "shape": list(self.offset.shape), "scale": self.divisor}

    def encode(self, x: Shaped[Tensor, "n ..."]) -> Float[Tensor, "n components"]:
        """Codes of data in their own units."""
        return self.inner.encode((x - self.offset) / self.divisor)

    def decode(self, z: Float[Tensor, "n k"]) -> Shaped[Tensor, "n ..."]:
        """Data in their own units from the first k components."""
        return self.inner.decode(z) * self.divisor + self.offset
