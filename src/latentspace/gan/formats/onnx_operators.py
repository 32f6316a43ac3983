"""Operators of ONNX that generators consist of, as functions of PyTorch.

Source: https://onnx.ai/onnx/operators, versions 7 to 24 of the set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from latentspace.gan.formats.onnx_shapes import SHAPES, Given, Operator
from latentspace.gan.formats.operations import UnsupportedError, words


def _elementwise(function: Callable[..., Any], inputs: int = 1) -> Operator:
    return lambda given: function(*(given.tensor(place) for place in range(inputs)))


def _over_all(function: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    def reduce(given: Given) -> Tensor:
        result = given.tensor(0)
        for place in range(1, len(given.inputs)):
            result = function(result, given.tensor(place))
        return result

    return reduce


def _reduction(function: Callable[..., Tensor]) -> Operator:
    def reduce(given: Given) -> Tensor:
        x, axes = given.tensor(0), given.numbers(1, "axes")
        if not axes and given.get("noop_with_empty_axes", 0):
            return x
        return function(x, tuple(axes or range(x.dim())), keepdim=bool(given.get("keepdims", 1)))

    return reduce


def _padding(given: Given, dimensions: int) -> tuple[list[int], Tensor]:
    """Symmetric padding of a convolution or pool, and its input, padded beforehand where that is not symmetric."""
    if given.get("auto_pad", "NOTSET") not in {"NOTSET", "VALID"}:
        raise UnsupportedError("it pads automatically, in a convolution; save it with explicit padding")
    pads, x = list(given.get("pads", [0] * 2 * dimensions)), given.tensor(0)
    before, after = pads[:dimensions], pads[dimensions:]
    if before == after:
        return before, x
    return [0] * dimensions, F.pad(x, [size for pair in zip(before[::-1], after[::-1], strict=True) for size in pair])


def _conv(given: Given) -> Tensor:
    weight = given.tensor(1)
    dimensions = weight.dim() - 2
    padding, x = _padding(given, dimensions)
    ones = [1] * dimensions
    function = (F.conv1d, F.conv2d, F.conv3d)[dimensions - 1]
    settings = [given.get("strides", ones), padding, given.get("dilations", ones), given.get("group", 1)]
    return function(x, weight, given.optional(2), *settings)


def _conv_transpose(given: Given) -> Tensor:
    weight = given.tensor(1)
    dimensions = weight.dim() - 2
    pads, ones = list(given.get("pads", [0] * 2 * dimensions)), [1] * dimensions
    automatic = given.get("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in given.attributes
    if pads[:dimensions] != pads[dimensions:] or automatic or dimensions != 2:
        raise UnsupportedError("one of its transposed convolutions has a padding that PyTorch has not")
    more = {"output_padding": given.get("output_padding", [0] * dimensions), "groups": given.get("group", 1)}
    more |= {"stride": given.get("strides", ones), "dilation": given.get("dilations", ones)}
    return F.conv_transpose2d(given.tensor(0), weight, given.optional(2), padding=pads[:dimensions], **more)


def _gemm(given: Given) -> Tensor:
    a, b = given.tensor(0), given.tensor(1)
    a, b = a.t() if given.get("transA", 0) else a, b.t() if given.get("transB", 0) else b
    product = given.get("alpha", 1.0) * (a @ b)
    return product + given.get("beta", 1.0) * given.tensor(2) if given.has(2) else product


def _batch_norm(given: Given) -> Tensor:
    if given.get("training_mode", 0):
        raise UnsupportedError("it is in training mode")
    x, scale, bias, mean, variance = (given.tensor(place) for place in range(5))
    return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, given.get("epsilon", 1e-5))


def _layer_norm(given: Given) -> Tensor:
    x = given.tensor(0)
    axis = given.get("axis", -1) % x.dim()
    return F.layer_norm(x, x.shape[axis:], given.tensor(1), given.optional(2), given.get("epsilon", 1e-5))


def _rms_norm(given: Given) -> Tensor:
    x = given.tensor(0)
    axis = given.get("axis", -1) % x.dim()
    return F.rms_norm(x, x.shape[axis:], given.tensor(1), given.get("epsilon", 1e-5))


def _group_norm(given: Given) -> Tensor:
    x, scale, bias, groups = given.tensor(0), given.tensor(1), given.tensor(2), given.attributes["num_groups"]
    if len(scale) == groups != x.shape[1]:  # before version 21, one per group
        scale, bias = (each.repeat_interleave(x.shape[1] // groups) for each in (scale, bias))
    return F.group_norm(x, groups, scale, bias, given.get("epsilon", 1e-5))


def _softmax(function: Callable[..., Tensor]) -> Operator:
    def over(given: Given) -> Tensor:
        x = given.tensor(0)
        if given.version >= 13:
            return function(x, dim=given.get("axis", -1))
        axis = given.get("axis", 1) % x.dim()  # of old versions the first of those that are taken together
        return function(x.flatten(axis), dim=-1).reshape(x.shape)

    return over


def _selu(given: Given) -> Tensor:
    if {"alpha", "gamma"} & given.attributes.keys():
        raise UnsupportedError("one of its Selu has other numbers than PyTorch's")
    return F.selu(given.tensor(0))


def _dropout(given: Given) -> Tensor:
    if given.has(2) and given.numbers(2):
        raise UnsupportedError("it is in training mode, with dropout")
    return given.tensor(0)


def _clip(given: Given) -> Tensor:
    low, high = (given.numbers(place, name) for place, name in ((1, "min"), (2, "max")))
    return given.tensor(0).clamp(low, high) if (low, high) != (None, None) else given.tensor(0)


def _pool(given: Given) -> tuple[Tensor, list[int], list[int], Any]:
    """Input, kernel, stride and padding of a pool."""
    kernel, pads = given.attributes["kernel_shape"], given.get("pads", [0] * 4)
    other = pads[:2] != pads[2:] or any(size != 1 for size in given.get("dilations", [1]))
    if len(kernel) != 2 or given.get("ceil_mode", 0) or other:
        raise UnsupportedError("one of its pools has settings that are not supported")
    padding, x = _padding(given, 2)
    return x, kernel, given.get("strides", [1, 1]), padding


def _average_pool(given: Given) -> Tensor:
    return F.avg_pool2d(*_pool(given), count_include_pad=bool(given.get("count_include_pad", 0)))


def _cast(given: Given) -> Tensor:
    from onnx.helper import tensor_dtype_to_np_dtype

    x, kind = given.tensor(0), np.dtype(tensor_dtype_to_np_dtype(given.attributes["to"]))
    return x.float() if kind.kind == "f" else x.to(getattr(torch, kind.name.replace("bool_", "bool")))


def _lp_norm(given: Given) -> Tensor:
    x, p, axis = given.tensor(0), given.get("p", 2), given.get("axis", -1)
    return x / torch.linalg.vector_norm(x, p, axis, keepdim=True)


def _mean(given: Given) -> Tensor:
    return _over_all(torch.add)(given) / len(given.inputs)


UNARY = "Abs Ceil Cos Erf Exp Floor Log Neg Reciprocal Relu Round Sigmoid Sign Sin Sqrt Tan Tanh"
BINARY: dict[str, Callable[..., Tensor]] = {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Pow": torch.pow,
    "MatMul": torch.matmul,
    "PRelu": lambda x, slope: torch.where(x < 0, slope * x, x),
    "Equal": torch.eq,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "CastLike": lambda x, like: x.to(like.dtype),
}

OPERATORS: dict[str, Operator] = {
    **{name: _elementwise(getattr(torch, name.lower())) for name in words(UNARY)},
    **SHAPES,
    **{name: _elementwise(function, 2) for name, function in BINARY.items()},
    "Where": _elementwise(torch.where, 3),
    "Identity": _elementwise(lambda x: x),
    "Dropout": _dropout,
    "Softplus": _elementwise(F.softplus),
    "Mish": _elementwise(F.mish),
    "HardSwish": _elementwise(F.hardswish),
    "GlobalAveragePool": _elementwise(lambda x: x.mean((2, 3), keepdim=True)),
    "LeakyRelu": lambda given: F.leaky_relu(given.tensor(0), given.get("alpha", 0.01)),
    "Elu": lambda given: F.elu(given.tensor(0), given.get("alpha", 1.0)),
    "Celu": lambda given: F.celu(given.tensor(0), given.get("alpha", 1.0)),
    "Selu": _selu,
    "Gelu": lambda given: F.gelu(given.tensor(0), approximate=given.get("approximate", "none")),
    "HardSigmoid": lambda given: (given.get("alpha", 0.2) * given.tensor(0) + given.get("beta", 0.5)).clamp(0, 1),
    "Swish": lambda given: given.tensor(0) * (given.get("alpha", 1.0) * given.tensor(0)).sigmoid(),
    "Softmax": _softmax(F.softmax),
    "LogSoftmax": _softmax(F.log_softmax),
    "Sum": _over_all(torch.add),
    "Mean": _mean,
    "Max": _over_all(torch.maximum),
    "Min": _over_all(torch.minimum),
    "ReduceMean": _reduction(torch.mean),
    "ReduceSum": _reduction(torch.sum),
    "ReduceMax": _reduction(torch.amax),
    "ReduceMin": _reduction(torch.amin),
    "ReduceL2": _reduction(lambda x, axes, keepdim: torch.linalg.vector_norm(x, 2, axes, keepdim)),
    "ReduceSumSquare": _reduction(lambda x, axes, keepdim: x.square().sum(axes, keepdim)),
    "LpNormalization": _lp_norm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "Einsum": lambda given: torch.einsum(given.get("equation", ""), *map(given.tensor, range(len(given.inputs)))),
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": lambda given: F.instance_norm(
        given.tensor(0), None, None, given.tensor(1), given.tensor(2), eps=given.get("epsilon", 1e-5)
    ),
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "GroupNormalization": _group_norm,
    "Clip": _clip,
    "AveragePool": _average_pool,
    "MaxPool": lambda given: F.max_pool2d(*_pool(given)),
    "Cast": _cast,
}
