"""Reconstruction errors: of images, of vectors, or through a frozen map such as a generator.

An error takes the decoder, the codes and the target, so that it can use a faster form for some decoders.
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.pca.networks import ConvDecoder


class MeanSquare(nn.Module):
    """Mean squared error per number."""

    def forward(self, decoder: nn.Module, z: Float[Tensor, "batch k"], target: Tensor) -> Float[Tensor, ""]:
        """Error of a batch."""
        if isinstance(decoder, ConvDecoder):
            return decoder.error(z, target, "mse")
        return F.mse_loss(decoder(z), target)


class CrossEntropy(nn.Module):
    """Mean binary cross-entropy per number, of outputs and targets in [0, 1] (the authors' second version)."""

    def forward(self, decoder: nn.Module, z: Float[Tensor, "batch k"], target: Tensor) -> Float[Tensor, ""]:
        """Error of a batch."""
        if isinstance(decoder, ConvDecoder):
            return decoder.error(z, target, "bce")
        return F.binary_cross_entropy(decoder(z), target)


ERRORS: dict[str, type[nn.Module]] = {"mse": MeanSquare, "bce": CrossEntropy}


class ErrorThrough(nn.Module):
    """Mean squared error of ``through(decoder(codes))``, divided by a variance (eq. 16 with a generator as `through`).

    Divided by the variance of the targets, the error of their mean is 1, and λ has the same effect for every data set.

    Args:
        through: a frozen map, such as a generator; gradients pass through it, its parameters are not trained.
        variance: of the targets, per number; 1 to leave the error unscaled.

    Raises:
        ValueError: if the variance is not positive: the output of `through` is constant.
    """

    def __init__(self, through: nn.Module, variance: float = 1.0) -> None:
        super().__init__()
        if not variance > 0:
            raise ValueError(f"targets of variance {variance}: the output of the map they go through is constant")
        self.through = through.eval().requires_grad_(requires_grad=False)
        self.variance = variance

    def forward(self, decoder: nn.Module, z: Float[Tensor, "batch k"], target: Tensor) -> Float[Tensor, ""]:
        """Error of a batch."""
        output = self.through(decoder(z).float())
        return (output.float() - target.float()).square().mean() / self.variance
