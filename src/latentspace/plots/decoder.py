"""Decoders for the report's latent explorer: networks as short lists of layers, which the page computes itself.

Data are planes (channels, side, side) in one array, from which a layer knows the side; numbers are planes of one pixel.
Weights are stored in half precision.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn


class UnsupportedError(ValueError):
    """A network that the page cannot compute; the text says why."""


@dataclass(frozen=True)
class Layer:
    """One operation of the page.

    Attributes:
        op: its name in decoder.js.j2.
        numbers: sizes and constants, which follow the name.
        weights: weight and bias, if it has any.
    """

    op: str
    numbers: tuple[int | float, ...] = ()
    weights: tuple[Tensor, ...] = ()


Layers = list[Layer]


def linear(weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"]) -> Layer:
    """W x + b."""
    return Layer("linear", tuple(weight.shape), (weight, bias))


def convolution(weight: Float[Tensor, "out in size size"], bias: Float[Tensor, " out"]) -> Layer:
    """Convolution 1×1 or 3×3 that preserves the side."""
    return Layer("convolution", tuple(weight.shape[:3]), (weight, bias))


def transposed(weight: Float[Tensor, "in out 4 4"], bias: Float[Tensor, " out"]) -> Layer:
    """Transposed convolution 4×4 of stride 2 and padding 1, which doubles the side."""
    return Layer("transposed", tuple(weight.shape[:2]), (weight, bias))


def doubled(weight: Float[Tensor, "out in 3 3"], bias: Float[Tensor, " out"]) -> Layer:
    """Every pixel repeated 2×2, then a convolution 3×3."""
    return Layer("doubled", tuple(weight.shape[:2]), (weight, bias))


def leaky(slope: float) -> Layer:
    """LeakyReLU."""
    return Layer("leaky", (slope,))


def norm(channels: int, epsilon: float) -> Layer:
    """Every pixel divided by √(mean square over its channels + ε)."""
    return Layer("norm", (channels, epsilon))


def shuffle(channels: int, factor: int) -> Layer:
    """Depth to space: factor² planes per channel become blocks of factor × factor pixels."""
    return Layer("shuffle", (channels, factor))


SILU, SIGMOID = Layer("silu"), Layer("sigmoid")


@singledispatch
def layers_of(network: nn.Module) -> Layers:
    """Layers of a network: of a latent model, those of the decoder for all components; images are in [0, 1].

    The modules that define networks register theirs.

    Raises:
        UnsupportedError: if the page cannot compute the network.
    """
    raise UnsupportedError(f"the page cannot compute a {type(network).__name__}")


@layers_of.register
def _(network: nn.Linear) -> Layers:
    return [linear(network.weight, network.bias)]


def merged(layers: Iterable[Layer]) -> Layers:
    """The same function with two linear layers in a row as one."""
    found: Layers = []
    for layer in layers:
        if found and layer.op == found[-1].op == "linear":
            (first, start), (second, add) = found.pop().weights, layer.weights
            layer = linear(second.double() @ first.double(), second.double() @ start.double() + add.double())
        found.append(layer)
    return found


def size_of(layers: Iterable[Layer]) -> int:
    """Number of weights."""
    return sum(weight.numel() for layer in layers for weight in layer.weights)


def packed(layers: Layers) -> dict[str, Any]:
    """Layers as plain values: their names and numbers, and all weights as text.

    The text is base64 of a zlib stream: the high bytes of all weights in half precision, which repeat, their low bytes,
    and all biases in single precision, as few as they are.

    Raises:
        UnsupportedError: if a weight is too large for half precision.
    """
    both = [layer.weights for layer in layers if layer.weights]
    weights, biases = _joined([weight for weight, _ in both], "<f2"), _joined([bias for _, bias in both], "<f4")
    if not np.isfinite(weights).all():
        raise UnsupportedError("a weight is too large for half precision")
    halves = weights.view(np.uint8).reshape(-1, 2).T[::-1].tobytes()
    text = base64.b64encode(zlib.compress(halves + biases.tobytes(), 9)).decode()
    return {"layers": [[layer.op, *layer.numbers] for layer in layers], "weights": text}


def _joined(tensors: Iterable[Tensor], kind: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.concatenate([np.zeros(0, kind), *(t.detach().flatten().numpy().astype(kind) for t in tensors)])
