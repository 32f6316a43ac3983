"""Building blocks of the organise chapter: normalised codes, convolutional encoders and decoders, small dense ones."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import fused
from latentspace.core.distributed import mine, whole
from latentspace.organise.params import Reconstruction

SLOPE = 0.2  # of the LeakyReLU, as the authors have it


class Tanh(torch.autograd.Function):
    """tanh as 2 σ(2x) − 1: torch computes σ ten times as fast on a CPU, and the two agree to 1e-7."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Output of the same shape."""
        y = (2 * x).sigmoid_().mul_(2).sub_(1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Gradient to the input."""
        (y,) = ctx.saved_tensors
        return torch.ops.aten.tanh_backward(gradient, y)


def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return cast("Tensor", Tanh.apply(x))


class ScaleFreeBatchNorm(nn.Module):
    """Batch normalisation without trainable parameters: codes of mean 0 and variance 1, whatever their scale before.

    Nothing is added to the variance, so a component of tiny variance is normalised as well as any other (the usual
    epsilon leaves it small; an epsilon of 0 is refused by torch). In training the statistics are the batch's, of all
    processes together; in evaluation those of the whole training set, which `settle` takes once the weights are final.

    Source: slide 37, footnote.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))

    def forward(self, y: Float[Tensor, "batch size"]) -> Float[Tensor, "batch size"]:
        """Normalise each column."""
        if y.dtype != torch.float64:
            y = y.float()  # half precision would not do for statistics
        if not self.training:
            return (y - self.mean) / self.deviation
        y = whole(y)
        centred = y - y.mean(0)
        centred = centred - centred.mean(0)  # what rounding leaves of a large mean
        return mine(centred * centred.square().mean(0).clamp_min(torch.finfo(y.dtype).tiny).rsqrt())

    def settle(self, y: Float[Tensor, "n size"]) -> None:
        """Take the statistics of the whole training set.

        Raises:
            ValueError: if a column does not vary.
        """
        mean, deviation = y.double().mean(0), y.double().std(0, correction=0)
        if not bool((deviation > 1e-12 * (1 + mean.abs())).all()):
            raise ValueError("a component of the code is constant: the data have no more structure to encode")
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)


def _coarsest(image_size: int, widths: list[int]) -> int:
    """Side of the coarsest map: the finest level halves twice, every other once."""
    side = image_size >> (len(widths) + 1)
    if not widths or side < 1 or side << (len(widths) + 1) != image_size:
        raise ValueError(f"widths = {widths}: {image_size} pixels cannot be halved {len(widths) + 1} times")
    return side


class ConvEncoder(nn.Module):
    """Images to numbers: a convolution of stride 4, then 4×4 convolutions of stride 2, tanh, a linear layer.

    A bounded, smooth activation folds the code less than the authors' LeakyReLU. The linear layer sees features scaled
    to a mean square of 1 in every image, so that a code measures shape rather than amount.

    Args:
        image_size: side of the square images, in pixels.
        channels: of the images.
        widths: channels after each level, finest first.
        code_size: numbers per image.
    """

    def __init__(self, image_size: int, channels: int, widths: list[int], code_size: int) -> None:
        super().__init__()
        side = _coarsest(image_size, widths)
        self.config: dict[str, Any] = {
            "image_size": image_size,
            "channels": channels,
            "widths": widths,
            "code_size": code_size,
        }
        first = nn.Conv2d(channels, widths[0], 6, stride=4, padding=1)
        self.levels = nn.ModuleList(
            [first, *(nn.Conv2d(i, o, 4, stride=2, padding=1) for i, o in pairwise(widths))],
        )
        self.code = nn.Linear(widths[-1] * side**2, code_size)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch code"]:
        """Codes before normalisation."""
        x = x.contiguous(memory_format=torch.channels_last)
        for level in self.levels:
            x = tanh(level(x))
        features = x.flatten(1)
        return self.code(F.normalize(features, dim=1) * features.shape[1] ** 0.5)


class ConvDecoder(nn.Module):
    """Numbers to images in [0, 1]: a linear layer, transposed 4×4 convolutions of stride 2 with SiLU, a sigmoid.

    The last level is a convolution that gives every place its block of 4 × 4 pixels.

    Args:
        image_size: side of the square images, in pixels.
        channels: of the images.
        widths: channels before each level, coarsest first.
        code_size: numbers per image.
    """

    def __init__(self, image_size: int, channels: int, widths: list[int], code_size: int) -> None:
        super().__init__()
        self.side = _coarsest(image_size, widths)
        self.config: dict[str, Any] = {
            "image_size": image_size,
            "channels": channels,
            "widths": widths,
            "code_size": code_size,
        }
        self.spread = nn.Linear(code_size, widths[0] * self.side**2)
        self.levels = nn.ModuleList(nn.ConvTranspose2d(i, o, 4, stride=2, padding=1) for i, o in pairwise(widths))
        self.pixels = nn.Conv2d(widths[-1], 16 * channels, 3, padding=1)  # a block of 4 × 4 pixels per place
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def blocks(self, z: Float[Tensor, "batch code"]) -> Float[Tensor, "batch blocks h w"]:
        """Logits of the images of codes, a block of 4 × 4 pixels per place."""
        x = self.spread(z).unflatten(1, (-1, self.side, self.side)).contiguous(memory_format=torch.channels_last)
        for level in self.levels:
            x = level(F.silu(x))
        return self.pixels(F.silu(x))

    def forward(self, z: Float[Tensor, "batch code"]) -> Float[Tensor, "batch channels h w"]:
        """Images of codes."""
        return torch.sigmoid(F.pixel_shuffle(self.blocks(z), 4))

    def error(
        self, z: Float[Tensor, "batch code"], target: Float[Tensor, "batch channels h w"], kind: Reconstruction
    ) -> Float[Tensor, ""]:
        """Mean squared error, or binary cross-entropy, per number of the images of codes; gradients once."""
        logits = self.blocks(z)
        if fused.supports(logits) and fused.supports(target):
            return cast("Tensor", fused.BlockError.apply(logits, target, kind == "bce"))
        logits = F.pixel_shuffle(logits, 4)
        if kind == "bce":
            return F.binary_cross_entropy_with_logits(logits, target)
        return F.mse_loss(torch.sigmoid(logits), target)


class DenseNetwork(nn.Module):
    """Vectors to vectors through one hidden layer, for codes of codes: latent → hidden → code, code → hidden → latent.

    Args:
        in_size: numbers in.
        hidden: width of the hidden layer.
        out_size: numbers out.
    """

    def __init__(self, in_size: int, hidden: int, out_size: int) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"in_size": in_size, "hidden": hidden, "out_size": out_size}
        self.first, self.second = nn.Linear(in_size, hidden), nn.Linear(hidden, out_size)

    def forward(self, x: Float[Tensor, "batch in"]) -> Float[Tensor, "batch out"]:
        """Apply the two layers with a LeakyReLU between them."""
        return self.second(F.leaky_relu(self.first(x), SLOPE))


def matched_widths(widths: list[int], times: int) -> list[int]:
    """Widths of one network with about the parameters of `times` networks of the given widths."""
    return [round(width * math.sqrt(times)) for width in widths]
