"""Encoders and decoders that start as straight lines along given directions: affine ones, and those that may bend."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.ganspace import Columns
from latentspace.pca.networks import DenseNetwork

SHARE = 0.2  # of the bend, which so learns at this fraction of the line's rate


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


class Bent(nn.Module):
    """Vectors to vectors by an affine map plus `SHARE` of a dense network, whose output is 0 before the training.

    A network that bends as fast as the line turns ends worse than the line, as its random features disturb both.

    Args:
        in_size: length of the inputs.
        hidden: width of the hidden layer.
        out_size: length of the outputs.
    """

    def __init__(self, in_size: int, hidden: int, out_size: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"in_size": in_size, "hidden": hidden, "out_size": out_size}
        self.line, self.bend = Affine(in_size, out_size), DenseNetwork(in_size, hidden, out_size)
        with torch.no_grad():
            self.bend.second.weight.zero_()
            self.bend.second.bias.zero_()

    @classmethod
    def of(cls, line: Affine, hidden: int) -> Bent:
        """A network that starts as `line`."""
        out, in_ = line.layer.weight.shape
        network = cls(in_, hidden, out)
        network.line = line
        return network

    def forward(self, x: Float[Tensor, "batch in"]) -> Float[Tensor, "batch out"]:
        """Apply both and add."""
        return self.line(x) + SHARE * self.bend(x)


class Lines:
    """Factories of the encoders and decoders of a training that starts at given directions, once for every packet.

    Args:
        columns: orthonormal directions, one per component.
        components: number of components of all packets.
        hidden: width of the hidden layer with which the encoders may bend, and per component with which the decoders
            may; 0 for affine ones.

    Raises:
        ValueError: if there are fewer directions than components.
    """

    def __init__(self, columns: Columns, components: int, hidden: int = 0) -> None:
        if columns.shape[1] < components:
            raise ValueError(f"packet_sizes: {components} components; there are {columns.shape[1]} directions to start")
        self.columns, self.hidden = columns, hidden
        self.taken = 0  # directions of the packets so far, which are trained in their order

    def encoder(self, size: int) -> Affine | Bent:
        """Coordinates along the next `size` directions."""
        first, self.taken = self.taken, self.taken + size
        line = Affine.of(self.columns[:, first : self.taken].T)
        return Bent.of(line, self.hidden) if self.hidden else line

    def decoder(self, components: int) -> Affine | Bent:
        """The point with these coordinates along the first directions."""
        line = Affine.of(self.columns[:, :components])
        return Bent.of(line, self.hidden * components) if self.hidden else line
