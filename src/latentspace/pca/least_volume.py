"""Least volume: an autoencoder with a Lipschitz decoder whose code fills as small a box as possible.

As the decoder cannot stretch distances without limit, the code cannot shrink without losing images. What shrinks are
the directions that matter least, so the standard deviations of the components order them.

Source: Q. Chen and M. Fuge, "Compressing latent space via least volume", ICLR 2024.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from latentspace.nn.distributed import gather
from latentspace.nn.objective import Objective
from latentspace.pca.errors import MeanSquare
from latentspace.pca.networks import ConvDecoder, ConvEncoder, ScaleFreeBatchNorm

MEAN_SQUARE = MeanSquare()
ETA = 0.02  # η, in units of the code
LIPSCHITZ = 100.0  # of the decoder: the unit of the code, in which its deviations are then of order 1
SILU_SLOPE = 1.0999  # largest slope of SiLU
FIRST_STEPS = 30  # of power iteration on the initial weights


def volume(z: Float[Tensor, "n d"], eta: float) -> Float[Tensor, ""]:
    """Volume penalty: the geometric mean of σ_i + η, with the standard deviations σ_i of the components."""
    tiny = torch.finfo(z.dtype).tiny  # gives a constant component the gradient 0
    return ((z.var(0, correction=0) + tiny).sqrt() + eta).log().mean().exp()


class LeastVolumeObjective(Objective):
    """Mean squared error + λ `volume` of the code, of a decoder that `constrain` has bounded."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, weight: float, eta: float = ETA) -> None:
        super().__init__()
        self.encoder, self.decoder, self.weight, self.eta = encoder, decoder, weight, eta

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Loss of a batch, with its two parts."""
        z = self.encoder(x)
        error = MEAN_SQUARE(self.decoder, z, x)
        penalty = volume(gather(z.float()), self.eta)
        return {"loss": error + self.weight * penalty, "reconstruction": error, "penalty": penalty}


class BoundedNorm(nn.Module):
    """Parametrisation of a layer's weights: scaled down where the layer's linear map stretches more than a bound.

    Power iteration, one step per training step, on the map itself: the norm of a kernel as a matrix does not bound a
    convolution. Weights within the bound are left alone, as layers of a fixed norm train too slowly.

    Args:
        layer: a linear or convolutional layer.
        x: one of its inputs, for the shape.
        bound: on the largest singular value.

    Source: H. Gouk et al., "Regularisation of neural networks by enforcing Lipschitz continuity", 2021.
    """

    direction: Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, x: Tensor, bound: float) -> None:
        super().__init__()
        self.product, self.bound = linear_map(layer), bound
        self.register_buffer("direction", torch.randn_like(x))
        for _ in range(FIRST_STEPS):
            self.turn(layer.weight)

    def turn(self, weight: Tensor) -> None:
        """One step of power iteration: the direction that the map and then its adjoint make of `direction`."""
        with torch.enable_grad():
            x = self.direction.clone().requires_grad_()
            energy = self.product(x, weight.detach()).square().sum() / 2
            (turned,) = torch.autograd.grad(energy, x)
        self.direction.copy_(turned / turned.norm())

    def forward(self, weight: Tensor) -> Tensor:
        """Weights within the bound."""
        if self.training:
            self.turn(weight)
        return weight * (self.bound / self.product(self.direction, weight).norm()).clamp_max(1)


def linear_map(layer: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """A layer without its bias, as a function of its input and weights."""
    if isinstance(layer, nn.ConvTranspose2d):
        padding = cast("tuple[int, ...]", layer.padding)  # words are refused by this layer
        return partial(F.conv_transpose2d, stride=layer.stride, padding=padding)
    if isinstance(layer, nn.Conv2d):
        return partial(F.conv2d, stride=layer.stride, padding=layer.padding)
    return F.linear


def layers_of(decoder: ConvDecoder) -> list[nn.Linear | nn.Conv2d | nn.ConvTranspose2d]:
    """Layers with weights, in their order."""
    levels = cast("list[nn.ConvTranspose2d]", list(decoder.levels))
    return [decoder.spread, *levels, decoder.pixels]


def constrain(decoder: ConvDecoder, lipschitz: float = LIPSCHITZ) -> None:
    """Bound a decoder's Lipschitz constant, with images and features measured by their root mean square.

    The layers share the bound evenly, once the slopes of the other functions are taken off: 1.1 for each SiLU and ¼ for
    the sigmoid.
    """
    layers = layers_of(decoder)
    share = (lipschitz * 4 / SILU_SLOPE ** (len(layers) - 1)) ** (1 / len(layers))
    x, numbers = torch.zeros(1, decoder.spread.in_features), 1  # the code is measured by its length
    for layer in layers:
        y = layer(x).detach()
        bound = share * math.sqrt(y.numel() / numbers)
        parametrize.register_parametrization(layer, "weight", BoundedNorm(layer, x, bound))
        x, numbers = y.view(1, -1, decoder.side, decoder.side) if y.dim() == 2 else y, y.numel()


@torch.no_grad()
def fold(encoder: ConvEncoder, decoder: ConvDecoder, norm: ScaleFreeBatchNorm) -> None:
    """Make the decoder an ordinary one, of normalised codes, in the order of decreasing standard deviations.

    Args:
        encoder: the frozen encoder, whose outputs are put into that order.
        decoder: bounded by `constrain`, of the encoder's outputs.
        norm: the mean and standard deviation of those.
    """
    decoder.eval()
    for layer in layers_of(decoder):
        parametrize.remove_parametrizations(layer, "weight")
    spread = decoder.spread
    spread.bias.add_(spread.weight @ norm.mean)
    spread.weight.mul_(norm.deviation)
    order = norm.deviation.argsort(descending=True)
    for each in (encoder.code.weight, encoder.code.bias, norm.mean, norm.deviation, spread.weight.T):
        each.copy_(each[order])
