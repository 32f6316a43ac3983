"""Layers of OpenVINO's intermediate representation that generators consist of, as functions of PyTorch.

Source: https://docs.openvino.ai, operation sets 1 to 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from latentspace.gan.formats.operations import UnsupportedError

Place = tuple[str, str]  # a layer's number and its port


@dataclass(frozen=True)
class Layer:
    """One layer of an IR.

    Attributes:
        name: its name.
        kind: its type, such as ``Convolution``.
        settings: its attributes.
        inputs: where its inputs are from, in the order of its ports.
        outputs: numbers of its output ports.
    """

    name: str
    kind: str
    settings: Mapping[str, str]
    inputs: Sequence[Place]
    outputs: Sequence[str]

    def numbers(self, name: str) -> list[int]:
        """A setting that is a list of whole numbers."""
        return [int(each) for each in self.settings[name].split(",")]


def _reshape(layer: Layer, x: Any, sizes: Any) -> Any:
    zero = layer.settings.get("special_zero") == "true"
    wanted = [x.shape[place] if zero and size == 0 else int(size) for place, size in enumerate(sizes)]
    return x.reshape(wanted)


def _unsqueeze(_: Layer, x: Any, axes: Any) -> Any:
    for axis in sorted(int(axis) % (x.ndim + axes.size) for axis in axes.reshape(-1)):
        x = x.reshape([*x.shape[:axis], 1, *x.shape[axis:]])
    return x


def _squeeze(_: Layer, x: Any, axes: Any) -> Any:
    gone = {int(axis) % x.ndim for axis in axes.reshape(-1)}
    return x.reshape([size for axis, size in enumerate(x.shape) if axis not in gone])


def _split(_: Layer, x: Tensor, axis: Any, lengths: Any) -> Sequence[Tensor]:
    along, sizes = int(axis) % x.dim(), [int(size) for size in lengths]
    known = sum(size for size in sizes if size >= 0)
    return x.split([x.shape[along] - known if size < 0 else size for size in sizes], along)


def _padding(layer: Layer) -> list[int]:
    begin, end = layer.numbers("pads_begin"), layer.numbers("pads_end")
    if begin != end or len(begin) != 2 or layer.settings.get("auto_pad", "explicit") != "explicit":
        raise UnsupportedError(f"its layer {layer.name[:40]!r} has a padding that is not supported")
    return begin


def _convolution(layer: Layer, x: Tensor, weight: Tensor) -> Tensor:
    groups = weight.shape[0] if layer.kind.startswith("Group") else 1
    weight = weight.flatten(0, 1) if layer.kind.startswith("Group") else weight
    return F.conv2d(x, weight, None, layer.numbers("strides"), _padding(layer), layer.numbers("dilations"), groups)


def _deconvolution(layer: Layer, x: Tensor, weight: Tensor) -> Tensor:
    groups = weight.shape[0] if layer.kind.startswith("Group") else 1
    return F.conv_transpose2d(
        x,
        weight.flatten(0, 1) if layer.kind.startswith("Group") else weight,
        stride=layer.numbers("strides"),
        padding=_padding(layer),
        output_padding=layer.numbers("output_padding") if "output_padding" in layer.settings else 0,
        groups=groups,
        dilation=layer.numbers("dilations"),
    )


def _matmul(layer: Layer, a: Tensor, b: Tensor) -> Tensor:
    a = a.transpose(-1, -2) if layer.settings.get("transpose_a") == "true" else a
    return a @ (b.transpose(-1, -2) if layer.settings.get("transpose_b") == "true" else b)


def _mean(layer: Layer, x: Tensor, axes: Any) -> Tensor:
    return x.mean([int(axis) for axis in axes.reshape(-1)], keepdim=layer.settings.get("keep_dims") == "true")


def _prelu(_: Layer, x: Tensor, slope: Tensor) -> Tensor:
    return F.prelu(x, slope.reshape(-1))


def _clamp(layer: Layer, x: Tensor) -> Tensor:
    return x.clamp(float(layer.settings["min"]), float(layer.settings["max"]))


def _gather(_: Layer, x: Any, places: Any, axis: Any) -> Any:
    return np.take(x, places, int(axis))


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _, *given: function(*given)


# On small arrays, which are sizes; the others get tensors.
OF_SIZES: dict[str, Callable[..., Any]] = {
    "Add": _elementwise(np.add),
    "Multiply": _elementwise(np.multiply),
    "Concat": lambda layer, *given: np.concatenate(given, int(layer.settings["axis"])),
    "Gather": _gather,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Broadcast": lambda _, x, sizes: np.broadcast_to(x, [int(size) for size in sizes]),
}
# Whose inputs after the first are sizes.
SIZES: dict[str, Callable[..., Any]] = {
    "ShapeOf": lambda _, x: np.array(tuple(x.shape), np.int64),
    "Reshape": _reshape,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "VariadicSplit": _split,
    "Tile": lambda _, x, repeats: x.repeat([int(each) for each in repeats]),
    "Broadcast": lambda _, x, sizes: x.expand(torch.broadcast_shapes(x.shape, [int(size) for size in sizes])),
    "Transpose": lambda _, x, order: x.permute([int(axis) for axis in order]),
    "ReduceMean": _mean,
}
LAYERS: dict[str, Callable[..., Any]] = SIZES | {
    "Add": _elementwise(torch.add),
    "Subtract": _elementwise(torch.sub),
    "Multiply": _elementwise(torch.mul),
    "Divide": _elementwise(torch.div),
    "Power": _elementwise(torch.pow),
    "Sqrt": _elementwise(torch.sqrt),
    "ReLU": _elementwise(torch.relu),
    "Sigmoid": _elementwise(torch.sigmoid),
    "Tanh": _elementwise(torch.tanh),
    "PReLU": _prelu,
    "Clamp": _clamp,
    "Concat": lambda layer, *given: torch.cat(given, int(layer.settings["axis"])),
    "MatMul": _matmul,
    "Convolution": _convolution,
    "GroupConvolution": _convolution,
    "ConvolutionBackpropData": _deconvolution,
    "GroupConvolutionBackpropData": _deconvolution,
}
