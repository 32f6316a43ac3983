"""Affine lines trained through a generator: linear encoders and affine decoders that start at given directions."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.ganspace import Columns


class Affine(nn.Module):
    """Vectors to vectors by one linear layer with biases.

    Args:
        in_size: length of the inputs.
        out_size: length of the outputs.
    """

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"in_size": in_size, "out_size": out_size}
        self.layer = nn.Linear(in_size, out_size)

    @classmethod
    def of(cls, weight: Float[Tensor, "out in"]) -> Affine:
        """The layer with these weights and biases of 0."""
        layer = cls(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            layer.layer.weight.copy_(weight)
            layer.layer.bias.zero_()
        return layer

    def forward(self, x: Float[Tensor, "batch in"]) -> Float[Tensor, "batch out"]:
        """Apply the layer."""
        return self.layer(x)


class Lines:
    """Factories of the encoders and decoders of a training that starts at given directions.

    Args:
        columns: orthonormal directions, one per component.
        components: number of components of all packets.

    Raises:
        ValueError: if there are fewer directions than components.
    """

    def __init__(self, columns: Columns, components: int) -> None:
        if columns.shape[1] < components:
            raise ValueError(f"packet_sizes: {components} components; there are {columns.shape[1]} directions to start")
        self.columns = columns
        self.taken = 0  # directions of the packets so far, which are trained in their order

    def encoder(self, size: int) -> Affine:
        """Coordinates along the next `size` directions."""
        first, self.taken = self.taken, self.taken + size
        return Affine.of(self.columns[:, first : self.taken].T)

    def decoder(self, components: int) -> Affine:
        """The point with these coordinates along the first directions."""
        return Affine.of(self.columns[:, :components])
