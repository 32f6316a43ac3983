"""Layers of the progressive GAN: pixel norm, equalised layers, upsampling, fading.

Source: Karras et al. 2018, "Progressive growing of GANs", sections 2 and 4.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from latentspace.nn import fused

SLOPE = 0.2  # of every LeakyReLU


EPSILON = 1e-8


BASE = 4  # pixels on a side at the first scale


def pixel_norm(x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels *space"]:
    """Scale each pixel's feature vector to unit mean square; a latent (batch, channels) is one vector (section 4.2)."""
    return F.rms_norm(x.movedim(1, -1), (x.shape[1],), eps=EPSILON).movedim(-1, 1)


class LeakyPixelNorm(torch.autograd.Function):
    """LeakyReLU, then pixel norm, y/√(mean y² + ε), for every device and type; `fused` has a fast form for float32.

    The mean over the channels is computed by a 1×1 convolution that writes it to every channel, so that all other
    operations are elementwise on arrays of one shape; broadcasting a single channel is slower. The backward pass needs
    only the output y′: (g − y′·mean(g y′)) / √(mean y² + ε).
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        """Output, in the dtype of `x`."""
        y = F.leaky_relu(x, SLOPE)
        scale = channel_mean(y.square(), EPSILON).rsqrt_()
        output = y.mul_(scale)
        ctx.save_for_backward(output, scale)
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Gradient to the input; not itself differentiable."""
        output, scale = ctx.saved_tensors
        along = channel_mean(gradient * output)
        before = torch.addcmul(gradient, output, along, value=-1).mul_(scale)
        return torch.ops.aten.leaky_relu_backward(before, output, SLOPE, True)


def channel_mean(x: Float[Tensor, "batch channels h w"], plus: float = 0.0) -> Float[Tensor, "batch channels h w"]:
    """Mean over the channels, written to every channel, plus a constant."""
    channels = x.shape[1]
    mean = x.new_full((channels, channels, 1, 1), 1 / channels)
    return F.conv2d(x, mean, x.new_full((channels,), plus) if plus else None)


def activate(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch channels h w"]:
    """LeakyReLU, then pixel norm; differentiable once."""
    if fused.supports(x):
        return cast("Tensor", fused.LeakyPixelNorm.apply(x, SLOPE, EPSILON))
    return cast("Tensor", LeakyPixelNorm.apply(x))


def transposed_kernel(weight: Float[Tensor, "out in 3 3"]) -> Float[Tensor, "in out 4 4"]:
    """Kernel of the transposed convolution of stride 2 that equals nearest ×2 upsampling, then `weight` 3×3.

    Each source pixel is multiplied by 16 taps instead of 36, as taps that multiply the same pixel are added beforehand.
    """
    padded = F.pad(weight, (1, 1, 1, 1))
    summed = sum(padded[..., i : i + 4, j : j + 4] for i in (0, 1) for j in (0, 1))
    return cast("Tensor", summed).flip(2, 3).transpose(0, 1)


class Equalised(nn.Module):
    """A layer that stores weights of variance 1 and computes (W x + b)·√(2 / fan-in).

    All weights thus have the same relative learning rate under Adam (section 4.1). The bias is scaled too, as in the
    zoo.
    """

    def __init__(self, module: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.module = module
        self.factor = math.sqrt(2 / module.weight[0].numel())
        nn.init.normal_(module.weight)
        nn.init.zeros_(cast("Tensor", module.bias))

    def folded(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Weight and bias times the factor, in `dtype`."""
        bias = cast("Tensor", self.module.bias)
        return (self.module.weight * self.factor).to(dtype), (bias * self.factor).to(dtype)

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """Apply the layer."""
        weight, bias = self.folded(x.dtype)
        if isinstance(self.module, nn.Linear):
            return F.linear(x, weight, bias)
        return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    def upsampled(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """Nearest ×2 upsampling, then the layer (a 3×3 convolution), as one transposed convolution."""
        weight, bias = self.folded(self.module.weight.dtype)
        kernel = transposed_kernel(weight).to(x.dtype)
        return F.conv_transpose2d(x, kernel, bias.to(x.dtype), stride=2, padding=1)


def convolution(in_channels: int, out_channels: int, size: int = 3) -> Equalised:
    """An equalised convolution that preserves the image size."""
    return Equalised(nn.Conv2d(in_channels, out_channels, size, padding=size // 2))


def fade(new: Float[Tensor, "batch *rest"], old: Float[Tensor, "batch *rest"], alpha: float) -> Tensor:
    """Blend the new scale with the previous one; α = 0 is the new scale only, as in the zoo."""
    return alpha * old + (1 - alpha) * new
