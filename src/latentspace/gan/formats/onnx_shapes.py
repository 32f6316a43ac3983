"""Operators of ONNX that change the shape of images, and what all operators are given.

Source: https://onnx.ai/onnx/operators, versions 7 to 24 of the set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from latentspace.gan.formats.operations import UnsupportedError

HALF_PIXEL = ("half_pixel", "pytorch_half_pixel")
Operator = Callable[["Given"], Any]


@dataclass(frozen=True)
class Given:
    """What an operator is given.

    Attributes:
        inputs: tensors, small arrays, or None for one that is left out.
        attributes: by name.
        outputs: number of its outputs.
        version: of the set of operators.
    """

    inputs: Sequence[Any]
    attributes: dict[str, Any]
    outputs: int
    version: int

    def has(self, place: int) -> bool:
        """Whether the input at a place is given."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def tensor(self, place: int) -> Tensor:
        """An input as a tensor; floating-point numbers in float32."""
        value = self.inputs[place]
        found = value if isinstance(value, Tensor) else torch.as_tensor(np.array(value))
        return found.float() if found.is_floating_point() and found.dtype != torch.float32 else found

    def optional(self, place: int) -> Tensor | None:
        """An input as a tensor, if it is given."""
        return self.tensor(place) if self.has(place) else None

    def numbers(self, place: int, name: str = "", default: Any = None) -> Any:
        """Numbers that newer versions take as an input and older ones as an attribute."""
        if not self.has(place):
            return self.attributes.get(name, default)
        if not isinstance(self.inputs[place], np.ndarray):
            raise UnsupportedError("one of its operators has a size that depends on the latent")
        return self.inputs[place].tolist()

    def get(self, name: str, default: Any) -> Any:
        """An attribute; text is decoded."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value


def _reshape(given: Given) -> Tensor:
    x, sizes = given.tensor(0), given.numbers(1, "shape")
    if not given.get("allowzero", 0):
        sizes = [x.shape[place] if size == 0 else size for place, size in enumerate(sizes)]
    return x.reshape(sizes)


def _flatten(given: Given) -> Tensor:
    x = given.tensor(0)
    axis = given.get("axis", 1)
    axis += x.dim() if axis < 0 else 0
    return x.reshape(x.shape[:axis].numel(), -1)


def _squeeze(given: Given) -> Tensor:
    x, axes = given.tensor(0), given.numbers(1, "axes")
    return x.squeeze(tuple(axes)) if axes is not None else x.squeeze()


def _unsqueeze(given: Given) -> Tensor:
    x, axes = given.tensor(0), given.numbers(1, "axes")
    for axis in sorted(axis % (x.dim() + len(axes)) for axis in axes):
        x = x.unsqueeze(axis)
    return x


def _transpose(given: Given) -> Tensor:
    x = given.tensor(0)
    return x.permute(given.get("perm", [*reversed(range(x.dim()))]))


def _concat(given: Given) -> Tensor:
    return torch.cat([given.tensor(place) for place in range(len(given.inputs))], given.attributes["axis"])


def _split(given: Given) -> Sequence[Tensor]:
    x, axis, sizes = given.tensor(0), given.get("axis", 0), given.numbers(1, "split")
    return x.split(sizes if sizes else -(-x.shape[axis] // given.outputs), axis)


def _slice(given: Given) -> Tensor:
    x = given.tensor(0)
    starts, ends = given.numbers(1, "starts"), given.numbers(2, "ends")
    axes = given.numbers(3, "axes") or list(range(len(starts)))
    for start, end, axis, step in zip(starts, ends, axes, given.numbers(4) or [1] * len(starts), strict=True):
        if step == 1:
            x = x.narrow(axis, *_span(start, end, x.shape[axis]))
        else:
            first, last, step = slice(start, end if abs(end) < 2**31 else None, step).indices(x.shape[axis])
            x = x.index_select(axis, torch.arange(first, last, step))
    return x


def _span(start: int, end: int, size: int) -> tuple[int, int]:
    first, last, _ = slice(start, end).indices(size)
    return first, max(0, last - first)


def _gather(given: Given) -> Tensor:
    x, axis = given.tensor(0), given.get("axis", 0)
    places = np.asarray(given.numbers(1))
    picked = x.index_select(axis, torch.as_tensor(places.reshape(-1) % x.shape[axis]))
    axis %= x.dim()
    return picked.reshape([*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]])


def _expand(given: Given) -> Tensor:
    x, sizes = given.tensor(0), given.numbers(1)
    return x.expand(torch.broadcast_shapes(x.shape, sizes))


def _pad(given: Given) -> Tensor:
    x, pads = given.tensor(0), given.numbers(1, "pads")
    axes = [axis % x.dim() for axis in given.numbers(3) or range(x.dim())]
    sizes = {axis: (pads[place], pads[place + len(axes)]) for place, axis in enumerate(axes)}
    inner = min((axis for axis, pair in sizes.items() if pair != (0, 0)), default=x.dim())
    mode = {"edge": "replicate", "wrap": "circular"}.get(given.get("mode", "constant"), given.get("mode", "constant"))
    flat = [size for axis in range(x.dim() - 1, inner - 1, -1) for size in sizes.get(axis, (0, 0))]
    if not flat:
        return x
    value = given.numbers(2, "value", 0.0) if mode == "constant" else None
    return F.pad(x, flat, mode, value)


def _resize(given: Given) -> Tensor:
    x, old = given.tensor(0), given.version < 11
    scales = given.numbers(1 if old else 2, "scales")
    sizes = None if old else given.numbers(3)
    sizes = sizes or [size * scale for size, scale in zip(x.shape, scales, strict=True)]
    if list(sizes[:2]) != list(x.shape[:2]) or "axes" in given.attributes or any(size % 1 for size in sizes):
        raise UnsupportedError("it resizes other dimensions than those of the images, or to a part of a pixel")
    sizes, mode = [int(size) for size in sizes[2:]], given.get("mode", "nearest")
    where = "asymmetric" if old else given.get("coordinate_transformation_mode", "half_pixel")
    if mode == "nearest":
        _check_nearest(x, sizes, where, "floor" if old else given.get("nearest_mode", "round_prefer_floor"))
        return F.interpolate(x, sizes, mode="nearest")
    if where not in {*HALF_PIXEL, "align_corners"} or given.get("antialias", 0) or given.get("exclude_outside", 0):
        raise UnsupportedError(f"it resizes with {where!r}, which PyTorch has not")
    if mode == "cubic" and abs(given.get("cubic_coeff_a", -0.75) + 0.75) > 1e-6:
        raise UnsupportedError("it resizes by a cubic other than PyTorch's")
    how = {"linear": "bilinear", "cubic": "bicubic"}[mode]
    return F.interpolate(x, sizes, mode=how, align_corners=where == "align_corners")


def _check_nearest(x: Tensor, sizes: Sequence[int], where: str, rounded: str) -> None:
    """Raise UnsupportedError unless the nearest pixel is the one that PyTorch takes."""
    whole = all(new % size == 0 for new, size in zip(sizes, x.shape[2:], strict=True))
    same = rounded == "floor" if where == "asymmetric" else where in HALF_PIXEL and rounded.startswith("round_prefer")
    if not whole or not same:
        raise UnsupportedError(f"it resizes to the nearest pixel by {where!r} and {rounded!r}, which PyTorch has not")


def _depth_to_space(given: Given) -> Tensor:
    x, block = given.tensor(0), given.attributes["blocksize"]
    if given.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, block)
    n, c, h, w = x.shape
    split = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return split.reshape(n, c // block**2, h * block, w * block)


def _space_to_depth(given: Given) -> Tensor:
    x, block = given.tensor(0), given.attributes["blocksize"]
    n, c, h, w = x.shape
    split = x.reshape(n, c, h // block, block, w // block, block).permute(0, 3, 5, 1, 2, 4)
    return split.reshape(n, c * block**2, h // block, w // block)


def _constant_of_shape(given: Given) -> Tensor:
    from onnx import numpy_helper

    value = numpy_helper.to_array(given.attributes["value"]).item() if "value" in given.attributes else 0.0
    return torch.full(given.numbers(0), value)


SHAPES: dict[str, Operator] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    "Expand": _expand,
    "Tile": lambda given: given.tensor(0).repeat(*given.numbers(1)),
    "Pad": _pad,
    "Resize": _resize,
    "Upsample": _resize,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "ConstantOfShape": _constant_of_shape,
}
