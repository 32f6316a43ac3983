"""Chains of elementwise operations in one pass over memory, forward and backward, compiled by numba for this processor.

Torch runs such a chain operation by operation; each one reads and writes whole arrays, and the chain takes as long as a
convolution. Every function here has a reference in torch, which the tests compare it with and which is used where
`supports` is False: on other devices, for other types, or without numba. Arrays are float32; images are channels last.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

R = TypeVar("R")


Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def supports(x: Tensor) -> bool:
    """Whether the functions here accept `x`; not while torch traces a network, which changes the type of `x`."""
    plain = type(x) in {Tensor, nn.Parameter} and x.dtype == torch.float32 and x.device.type == "cpu"
    return plain and find_spec("numba") is not None


@cache
def compiled(function: Callable[..., R]) -> Callable[..., R]:
    """Machine code of `function`, cached on disk for later processes."""
    from numba import njit

    code: Callable[..., R] = njit(inspect.unwrap(function), fastmath=True, cache=True)
    return code


def pixels(x: Float[Tensor, "batch channels h w"]) -> Rows:
    """A channels-last tensor as an array without a copy, shape (batch · h · w, channels)."""
    return x.detach().permute(0, 2, 3, 1).reshape(-1, x.shape[1]).numpy()


class LeakyPixelNorm(torch.autograd.Function):
    """LeakyReLU with `slope`, y, then pixel norm: y′ = y/√(mean y² + ε) over the channels of each pixel.

    The gradient depends on the output only: (g − y′·mean(g y′)) / √(mean y² + ε), times the LeakyReLU's slope.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: float, epsilon: float) -> Tensor:
        """Output of the same shape."""
        x = x.contiguous(memory_format=torch.channels_last)
        y, scale = torch.empty_like(x), torch.empty(x.numel() // x.shape[1])
        compiled(norm_forward)(pixels(x), pixels(y), scale.numpy(), np.float32(slope), np.float32(epsilon))
        ctx.save_for_backward(y, scale)
        ctx.slope = slope
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Gradient to the input; not itself differentiable."""
        y, scale = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        out = torch.empty_like(y)
        compiled(norm_backward)(pixels(gradient), pixels(y), scale.numpy(), pixels(out), np.float32(ctx.slope))
        return out, None, None


def norm_forward(x: Rows, y: Rows, scale: Any, slope: np.float32, epsilon: np.float32) -> None:
    """Fill `y` with the output and `scale` with the factor 1/√(mean + ε) of every pixel."""
    for p in range(x.shape[0]):
        total = np.float32(0)
        for c in range(x.shape[1]):
            value = max(x[p, c], slope * x[p, c])
            y[p, c] = value
            total += value * value
        scale[p] = np.float32(1) / np.sqrt(total / np.float32(x.shape[1]) + epsilon)
        for c in range(x.shape[1]):
            y[p, c] *= scale[p]


def norm_backward(gradient: Rows, y: Rows, scale: Any, out: Rows, slope: np.float32) -> None:
    """Fill `out` with the gradient to the input."""
    for p in range(y.shape[0]):
        along = np.float32(0)
        for c in range(y.shape[1]):
            along += gradient[p, c] * y[p, c]
        along /= np.float32(y.shape[1])
        for c in range(y.shape[1]):
            value = (gradient[p, c] - y[p, c] * along) * scale[p]
            out[p, c] = value if y[p, c] > 0 else slope * value


class BlockError(torch.autograd.Function):
    """Mean squared error or binary cross-entropy of images from the blocks of their logits, without the images.

    Takes logits (batch, 16 channels, h / 4, w / 4), in the order of `F.pixel_shuffle` by 4, and targets
    (batch, channels, h, w) in [0, 1].
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor, cross_entropy: bool) -> Tensor:
        """Mean error per number, a scalar."""
        logits = logits.contiguous(memory_format=torch.channels_last)
        slope = torch.sigmoid(logits)
        row = np.empty(target.shape[3] * target.shape[1] * 4, np.float32)
        total = compiled(block_errors)(block_rows(logits), block_rows(slope), array(target), row, cross_entropy)
        if cross_entropy:  # the loss is Σ softplus(x) − x t
            total += float(F.softplus(logits).sum(dtype=torch.float64))
        ctx.save_for_backward(slope)
        return logits.new_tensor(total / target.numel())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Gradient to the logits; not itself differentiable."""
        (slope,) = ctx.saved_tensors
        return slope * (gradient / slope.numel()), None, None


def array(x: Tensor) -> Any:
    """A tensor as an array in C order."""
    return x.detach().contiguous().numpy()


def block_rows(x: Float[Tensor, "batch blocks h w"]) -> Any:
    """Channels-last blocks as an array without a copy, shape (batch, h, w · blocks)."""
    return x.detach().permute(0, 2, 3, 1).flatten(2).numpy()


def block_errors(logits: Any, slope: Any, target: Any, row: Any, cross_entropy: bool) -> float:
    """Sum of the squared errors, or of −x t if `cross_entropy` (the caller adds softplus(x)).

    Args:
        logits: x, shape (batch, h, w · blocks).
        slope: σ(x), of the same shape; overwritten with the gradient of the summed error to x.
        target: t, shape (batch, channels, height, width).
        row: buffer for one row of blocks of the target, shape (w · blocks,).
        cross_entropy: the error is the binary cross-entropy instead of the squared error.
    """
    total = 0.0
    for n in range(slope.shape[0]):
        for i in range(slope.shape[1]):
            k = 0
            for j in range(target.shape[3] // 4):
                for c in range(target.shape[1]):
                    for a in range(4):
                        for b in range(4):
                            row[k] = target[n, c, 4 * i + a, 4 * j + b]
                            k += 1
            part = np.float32(0)
            for k in range(row.size):
                s = slope[n, i, k]
                wrong = s - row[k]
                part += -logits[n, i, k] * row[k] if cross_entropy else wrong * wrong
                slope[n, i, k] = wrong if cross_entropy else np.float32(2) * wrong * s * (np.float32(1) - s)
            total += float(part)
    return total


def upsampled(
    x: Float[Tensor, "batch in h w"], taps: Float[Tensor, "in 16"], bias: Float[Tensor, " 1"] | None
) -> Float[Tensor, "batch 1 h2 w2"]:
    """Upsampling by 2 and convolution 3×3 to one channel, without gradients.

    Args:
        x: images.
        taps: 2×2 taps of the four phases; one matrix product multiplies every pixel by all of them.
        bias: added to the output, unless None.
    """
    batch, _, height, width = x.shape
    products = x.permute(0, 2, 3, 1).reshape(batch * height * width, -1) @ taps
    out = x.new_empty(batch, 1, 2 * height, 2 * width)
    start = np.float32(0.0 if bias is None else float(bias))
    compiled(add_phases)(products.detach().view(batch, height, width, 16).numpy(), out.squeeze(1).numpy(), start)
    return out


def add_phases(products: Any, out: Any, bias: np.float32) -> None:
    """Fill `out`: pixel (2i + p, 2j + q) sums the products of taps (a, b) with pixels (i + p − 1 + a, j + q − 1 + b).

    Args:
        products: of every source pixel with every tap, shape (batch, h, w, 16), the 16 in the order p, q, a, b.
        out: the images, shape (batch, 2h, 2w).
        bias: added to every pixel.
    """
    height, width = products.shape[1:3]
    for n in range(products.shape[0]):
        for i in range(height):
            for p in range(2):
                for j in range(width):
                    for q in range(2):
                        value = bias
                        for a in range(2):
                            for b in range(2):
                                y, x = i + p - 1 + a, j + q - 1 + b
                                if 0 <= y < height and 0 <= x < width:
                                    value += products[n, y, x, ((p * 2 + q) * 2 + a) * 2 + b]
                        out[n, 2 * i + p, 2 * j + q] = value
