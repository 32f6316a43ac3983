"""The shape autoencoder of slide 9 and its training objective (eq. 1, with the penalties of the hole study)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn.layers import DownConv, UpConv
from latentspace.nn.objective import Objective
from latentspace.size.params import Init, Network, Penalty, Variant


class ShapeAutoencoder(nn.Module):
    """Levels of 3×3 convolution, bias, LeakyReLU and subsampling by ½ down to 1×1; mirrored with upsampling (slide 9).

    Args:
        image_size: side of the square image, a power of two; encoder and decoder have log2(image_size) levels each.
        code_size: d, length of the code.
        encoder_widths: channels after each encoder level but the last, finest first.
        decoder_widths: channels before each decoder level but the first, finest first.
        slope: α of the LeakyReLU.
        bias: biases in encoder *and* decoder; without them D(λz) = λD(z) for λ ≥ 0 (eq. 2).
        linear_encoder: no biases and no LeakyReLU in the encoder.
    """

    def __init__(
        self,
        image_size: int,
        code_size: int,
        encoder_widths: list[int],
        decoder_widths: list[int],
        slope: float,
        bias: bool = True,
        linear_encoder: bool = False,
    ) -> None:
        super().__init__()
        levels = int(math.log2(image_size))
        for name, widths in (("encoder_widths", encoder_widths), ("decoder_widths", decoder_widths)):
            if len(widths) != levels - 1:
                raise ValueError(f"{name} = {widths}: an image of {image_size} pixels needs {levels - 1} widths")
        self.config: dict[str, Any] = {
            "image_size": image_size,
            "code_size": code_size,
            "encoder_widths": encoder_widths,
            "decoder_widths": decoder_widths,
            "slope": slope,
            "bias": bias,
            "linear_encoder": linear_encoder,
        }
        self.slope, self.code_size, self.linear_encoder = slope, code_size, linear_encoder
        down = [1, *encoder_widths, code_size]
        up = [code_size, *reversed(decoder_widths), 1]
        with_bias = bias and not linear_encoder
        self.encoder = nn.ModuleList(DownConv(i, o, bias=with_bias) for i, o in pairwise(down))
        self.decoder = nn.ModuleList(UpConv(i, o, bias=bias) for i, o in pairwise(up))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # faster on CPUs

    @property
    def down(self) -> list[DownConv]:
        """Layers of the encoder, finest first."""
        return cast("list[DownConv]", list(self.encoder))

    @property
    def up(self) -> list[UpConv]:
        """Layers of the decoder, coarsest first."""
        return cast("list[UpConv]", list(self.decoder))

    def encode(self, x: Float[Tensor, "batch 1 size size"]) -> Float[Tensor, "batch code"]:
        """Codes of images; the last level is linear, so that codes can have either sign."""
        for level, layer in enumerate(self.down):
            x = layer(x)
            if not self.linear_encoder and level + 1 < len(self.down):
                x = F.leaky_relu(x, self.slope, inplace=True)
        return x.flatten(1)

    def decode(self, z: Float[Tensor, "batch code"]) -> Float[Tensor, "batch 1 size size"]:
        """Images from codes."""
        x = z[:, :, None, None]
        for layer in self.up:
            x = F.leaky_relu(layer(x), self.slope, inplace=True)
        return x

    def forward(self, x: Float[Tensor, "batch 1 size size"]) -> Float[Tensor, "batch 1 size size"]:
        """Reconstruction D∘E(x)."""
        return self.decode(self.encode(x))


def initialise(network: ShapeAutoencoder, init: Init, seed: int) -> None:
    """Draw the initial weights.

    ``random`` is He's initialisation. ``averaging`` initialises the encoder with positive, randomly perturbed copies of
    the summing filter [0, 1, 1] ⊗ [0, 1, 1]; without the perturbation the cascade with subsampling averages the image
    (slide 13: an averaging filter measures area). The initial codes then have one sign and increase with the radius.
    ``edges`` averages a window of grey levels, see `watch_edges`.

    Raises:
        ValueError: if ``edges`` is combined with an encoder without biases.
    """
    torch.manual_seed(seed)
    layers: list[DownConv | UpConv] = [*network.down, *network.up]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, a=network.slope)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    if init != "random":
        summing = torch.tensor([0.0, 1, 1]).outer(torch.tensor([0.0, 1, 1]))
        with torch.no_grad():
            for layer in network.down:
                uneven = 0.5 + torch.rand_like(layer.weight)
                layer.weight.copy_(summing * uneven)
                layer.weight /= layer.weight.sum((1, 2, 3), keepdim=True)
    if init == "edges":
        watch_edges(network)


@torch.no_grad()
def watch_edges(network: ShapeAutoencoder) -> None:
    """Make the first two encoder levels measure area from edge pixels only.

    Channel c has its kink at grey level θ_c. The second level adds the channels with low kinks and subtracts those with
    high ones, so ∂z/∂x vanishes inside and outside the shape, where the grey level is constant. This minimises a
    contractive penalty, but training does not reach it from a nearly linear encoder, for which the first principal
    component has the smallest penalty.

    Raises:
        ValueError: if the encoder has no biases.
    """
    first, second = network.down[:2]
    if first.bias is None:
        raise ValueError("init: edges needs an encoder with biases and LeakyReLU")
    summing = torch.tensor([0.0, 1, 1]).outer(torch.tensor([0.0, 1, 1])) / 4
    levels = torch.linspace(0.1, 0.9, len(first.bias))
    first.weight.copy_(summing.expand_as(first.weight))
    first.bias.copy_(-levels)
    sign = torch.where(levels < 0.5, 1.0, -1.0).view(1, -1, 1, 1)
    second.weight.copy_(summing * sign * (1 + 0.1 * torch.rand(len(second.weight), 1, 1, 1)))


def build(config: Network, variant: Variant, image_size: int, seed: int) -> ShapeAutoencoder:
    """Build and initialise the network of one variant."""
    network = ShapeAutoencoder(
        image_size=image_size,
        code_size=variant.code_size,
        encoder_widths=config.encoder_widths,
        decoder_widths=config.decoder_widths,
        slope=config.slope,
        bias=variant.bias,
        linear_encoder=variant.linear_encoder,
    )
    initialise(network, variant.init, seed)
    return network


class ShapeObjective(Objective):
    """Reconstruction error per pixel (eq. 1) plus `weight` times a penalty.

    Args:
        network: the autoencoder.
        penalty: ``contractive`` is E‖∂z/∂x‖² / var(z), which does not change when the code is scaled down and the
            decoder up. ``l2_encoder`` and ``l2_both`` are sums of squared filter taps.
        weight: factor of the penalty.
        encoder_rate: factor on the encoder's learning rate.
    """

    def __init__(self, network: ShapeAutoencoder, penalty: Penalty, weight: float, encoder_rate: float) -> None:
        super().__init__()
        self.network, self.penalty, self.weight, self.encoder_rate = network, penalty, weight, encoder_rate

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Encoder and decoder, each with its own learning rate."""
        return [
            {"params": list(self.network.encoder.parameters()), "scale": self.encoder_rate},
            {"params": list(self.network.decoder.parameters()), "scale": 1.0},
        ]

    def forward(self, images: Float[Tensor, "batch 1 size size"]) -> dict[str, Tensor]:
        """Losses of a batch: ``loss``, ``reconstruction`` and, if there is one, ``penalty``."""
        if self.penalty == "contractive":
            images = images.requires_grad_()
        z = self.network.encode(images)
        reconstruction = F.mse_loss(self.network.decode(z), images.detach())
        if self.penalty == "none":
            return {"loss": reconstruction, "reconstruction": reconstruction}
        penalty = contraction(z, images) if self.penalty == "contractive" else self._squared_taps()
        return {"loss": reconstruction + self.weight * penalty, "reconstruction": reconstruction, "penalty": penalty}

    def _squared_taps(self) -> Tensor:
        layers: list[DownConv | UpConv] = [*self.network.down, *(self.network.up if self.penalty == "l2_both" else [])]
        return torch.stack([layer.weight.square().sum() for layer in layers]).sum()


def contraction(z: Float[Tensor, "batch 1"], images: Float[Tensor, "batch 1 size size"]) -> Float[Tensor, ""]:
    """Mean squared norm of ∂z/∂x divided by the variance of z (slide 13, footnote), differentiable."""
    (slope,) = torch.autograd.grad(z.sum(), images, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean() / z.var()
