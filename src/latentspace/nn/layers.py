"""Convolution blocks of slide 9, in their literal form and in an equal fast form.

*Convolve, then keep every second pixel* is a convolution of stride 2. *Repeat every pixel 2×2, then convolve 3×3* is a
2×2 convolution per output phase: along each axis two of the three taps multiply the same source pixel and can be added
beforehand, which leaves 4 of 9 multiplications. Both identities are exact up to the order of floating-point sums.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_weight

from latentspace.nn import fused


def literal_down(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolution 3×3, then subsampling by ½ (slide 9), as written; for tests and benchmarks."""
    return F.conv2d(x, weight, bias, padding=1)[..., ::2, ::2]


def literal_up(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Nearest-neighbour upsampling by 2, then convolution 3×3 (slide 9), as written; for tests and benchmarks."""
    return F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest"), weight, bias, padding=1)


class DownConv(nn.Conv2d):
    """Convolution 3×3 and subsampling by ½, as one convolution of stride 2.

    Maps (batch, in_channels, height, width) to (batch, out_channels, height / 2, width / 2). Source: slide 9.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, 3, stride=2, padding=1, bias=bias)


class UpConv(nn.Module):
    """Upsampling by 2 and convolution 3×3, in four-phase form.

    Maps (batch, in_channels, height, width) to (batch, out_channels, 2 height, 2 width). `weight` and `bias` are those
    of the literal layer. Differentiable once. Source: slide 9.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        nn.init.kaiming_normal_(self.weight)

    def forward(self, x: Float[Tensor, "batch in h w"]) -> Float[Tensor, "batch out h2 w2"]:
        """Apply the layer."""
        out: Tensor = _FourPhase.apply(x, self.weight, self.bias)
        return out


def _phase_map() -> Tensor:
    """Linear map from a 3×3 kernel to its four 2×2 phase kernels, each embedded in 3×3; shape (9, 36)."""
    # 1-D: output 2i depends on sources i-1, i, i; output 2i+1 on i, i, i+1.
    even = torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 0, 0]])
    odd = torch.tensor([[0.0, 0, 0], [1, 1, 0], [0, 0, 1]])
    phases = [
        torch.einsum("ia,jb->abij", vertical, horizontal) for vertical in (even, odd) for horizontal in (even, odd)
    ]
    return torch.stack([phase.reshape(9, 9) for phase in phases], dim=1).reshape(9, 36)


def _transposed_map() -> Tensor:
    """Linear map from a 3×3 kernel to the 4×4 kernel whose stride-2 convolution is the layer's adjoint, (9, 16)."""
    tap = torch.zeros(3, 4)
    for a in range(3):  # the tap at offset a - 1 connects each source pixel to two neighbouring outputs
        tap[a, 2 - a] = tap[a, 3 - a] = 1.0
    return torch.einsum("ai,bj->abij", tap, tap).reshape(9, 16)


def _tap_map() -> Tensor:
    """Linear map from a 3×3 kernel to the taps of its phases, in the order of `fused.add_phases`; shape (9, 16)."""
    tap = torch.tensor([[[1.0, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]])  # phase, tap, place in the kernel
    return torch.einsum("pat,qbu->tupqab", tap, tap).reshape(9, 16)


PHASES = _phase_map()


TRANSPOSED = _transposed_map()


TAPS = _tap_map()


def as_channels_last(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch channels h w"]:
    """The same images with the strides of the channels-last layout.

    With one channel both layouts are equal in memory and differ only in their strides; the channels-last strides keep
    convolutions from copying their operands.
    """
    if x.shape[1] == 1 and x.is_contiguous():
        height, width = x.shape[2:]
        return x.as_strided(x.shape, (height * width, 1, width, 1))
    return x.contiguous(memory_format=torch.channels_last)


class _FourPhase(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        out, in_ = weight.shape[:2]
        if out == 1 and fused.supports(x):  # four output channels would use a fraction of the vector units
            return fused.upsampled(x, weight.reshape(in_, 9) @ TAPS, bias)
        kernels = (weight.reshape(-1, 9) @ PHASES.to(weight)).view(out, in_, 4, 9)
        kernels = kernels.transpose(1, 2).reshape(4 * out, in_, 3, 3).contiguous(memory_format=torch.channels_last)
        biases = None if bias is None else bias.repeat_interleave(4)
        return F.pixel_shuffle(F.conv2d(x, kernels, biases, padding=1), 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None]:
        x, weight = ctx.saved_tensors
        grad = as_channels_last(grad)
        out, in_ = weight.shape[:2]
        to_4x4 = TRANSPOSED.to(weight)
        adjoint = (weight.reshape(-1, 9) @ to_4x4).view(out, in_, 4, 4).transpose(0, 1)
        adjoint = adjoint.contiguous(memory_format=torch.channels_last)
        grad_x = F.conv2d(grad, adjoint, stride=2, padding=1) if ctx.needs_input_grad[0] else None
        grad_4x4 = conv2d_weight(grad, adjoint.shape, x, stride=2, padding=1)
        grad_weight = (grad_4x4.transpose(0, 1).reshape(-1, 16) @ to_4x4.T).view_as(weight)
        return grad_x, grad_weight, grad.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None
