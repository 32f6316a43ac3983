"""Latent models: networks with `encode` and `decode`."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn.chunks import in_chunks


class LatentModel(nn.Module, ABC):
    """Base class of models with `encode` and `decode`, from which reconstructions and traversals follow.

    Attributes:
        components: length of the code.
    """

    components: int

    @abstractmethod
    def encode(self, x: Tensor) -> Float[Tensor, "n components"]:
        """Codes of n inputs."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs for the first k components, 1 ≤ k ≤ `components`."""

    def forward(self, x: Tensor) -> Tensor:
        """Reconstruction D∘E(x)."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def reconstruct(self, x: Tensor, n_components: int | None = None) -> Tensor:
        """Outputs from the first `n_components` of the code (all by default), computed in chunks.

        Raises:
            ValueError: if `n_components` is not in 1 … `components`.
        """
        if n_components is not None and not 1 <= n_components <= self.components:
            raise ValueError(f"n_components = {n_components}: there are {self.components}")
        return in_chunks(lambda part: self.decode(self.encode(part)[:, :n_components]), x)

    @torch.no_grad()
    def traverse(self, component: int, values: Float[Tensor, " n"], start: Float[Tensor, " components"]) -> Tensor:
        """Outputs along one axis of the latent space (slide 39): `start` with one component set to each value.

        Raises:
            ValueError: if `component` is not in 0 … `components` − 1.
        """
        if not 0 <= component < self.components:
            raise ValueError(f"component {component}: there are components 0 … {self.components - 1}")
        z = start.repeat(len(values), 1)
        z[:, component] = values
        return self.decode(z)


class DecoderOf(nn.Module):
    """The decoder of a latent model as a separate network."""

    def __init__(self, model: LatentModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs for the first k components."""
        return self.model.decode(z)
