"""What experiments need of a generator, whatever it is and wherever it is from."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.roles import SPHERE, Prior


def device_of(network: nn.Module) -> torch.device:
    """Where the weights of a network are; the CPU if it has none."""
    return next((weight.device for weight in network.state_dict().values()), torch.device("cpu"))


class Frozen(nn.Module):
    """A generator with fixed weights: gradients flow to the latent only.

    Attributes:
        latent: length of a latent.
        size: side of the images, in pixels.
        prior: distribution of latents: normal, or normal scaled to length √d.
    """

    latent: int
    size: int
    prior: Prior = SPHERE

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch channels size size"]:
        """Images of latents, with values nominally in [−1, 1]."""
        raise NotImplementedError
