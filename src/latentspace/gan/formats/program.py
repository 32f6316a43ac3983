"""A generator that came as a list of operations: its interpreter.

A program is the graph that `torch.export` writes: operations in their order, each with the names of what it takes and
returns. It is kept as text beside its weights, so a file of it is read like that of any other network, and nothing but
the operations of `operations` can happen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.formats.operations import LAYOUT, UnsupportedError, creates, lookup
from latentspace.gan.frozen import Frozen
from latentspace.gan.roles import SPHERE, Prior
from latentspace.nn import models

CHANNELS = (1, 3)
SIDE = 1024  # largest side of the images, in pixels
LARGEST = 2**27  # numbers in one intermediate result of one image
REFERENCE, DTYPE = "value", "dtype"  # keys of arguments that are neither numbers nor text

Values = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One operation of a program.

    Attributes:
        target: its name, such as ``torch.ops.aten.conv2d.default``.
        args: positional arguments as plain values; ``{"value": name}`` stands for a result or a weight.
        kwargs: keyword arguments.
        results: name of each result, or a list of names where a result is a list; None for one that nobody uses.
    """

    target: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    results: Sequence[Any]

    @property
    def operation(self) -> Callable[..., Any] | None:
        """The function; raises UnsupportedError if it is not allowed."""
        return lookup(self.target)

    def names(self) -> set[str]:
        """Names of all values that it takes."""
        return _names([*self.args, *self.kwargs.values()])

    def run(self, values: Values, like: Tensor) -> None:
        """Add its results to `values`; constants are made on the device and in the floating-point type of `like`."""
        if (operation := self.operation) is None:
            return
        args = [_filled(value, values, like.dtype) for value in self.args]
        kwargs = {name: _filled(value, values, like.dtype) for name, value in self.kwargs.items() if name not in LAYOUT}
        if "device" in self.kwargs or creates(self.target):
            kwargs["device"] = like.device
        found = operation(*args, **kwargs)
        for name, result in zip(self.results, found if len(self.results) > 1 else [found], strict=True):
            if isinstance(name, list):
                values.update(zip(name, result, strict=True))
            elif name is not None:
                values[name] = result


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {value[REFERENCE]} if REFERENCE in value else set()
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _filled(value: Any, values: Values, dtype: torch.dtype) -> Any:
    """An argument with values in place of their names, and `dtype` in place of every floating-point type."""
    if isinstance(value, list):
        return [_filled(each, values, dtype) for each in value]
    if not isinstance(value, dict):
        return value
    if REFERENCE in value:
        return values[value[REFERENCE]]
    named = getattr(torch, value[DTYPE])
    return dtype if named.is_floating_point else named


def _idle(steps: Sequence[Step], kept: str) -> list[set[str]]:
    """Names of the values that nobody takes after each step, but for `kept`."""
    needed, found = {kept}, list[set[str]]()
    for step in reversed(steps):
        touched = step.names() | _flat(step.results)
        found.append(touched - needed)
        needed |= touched
    return found[::-1]


def _flat(results: Sequence[Any]) -> set[str]:
    names = [each if isinstance(each, list) else [each] for each in results]
    return {name for part in names for name in part if name is not None}


class Program(Frozen):
    """A generator as a list of operations on batches of a fixed size, with fixed weights.

    Batches of other sizes are computed by `torch.vmap`. All numbers have the type of the weights, whichever the file
    asked for. Gradients flow to the latent only.

    Args:
        steps: the operations, JSON: a list of [target, args, kwargs, results] as in `Step`.
        weights: type and shape of every weight by its name.
        takes: name of the latents.
        shape: of a batch of latents, whose first number is its size.
        gives: name of the images.
        size: side of the images, in pixels.
        channels: of the images, 1 or 3.
        range: lowest and highest value of a pixel, which become −1 and 1.
        prior: distribution of latents: normal, or normal scaled to length √d.

    Raises:
        ValueError: if an operation is not allowed, or an argument makes no sense.
    """

    def __init__(
        self,
        steps: str,
        weights: Mapping[str, Sequence[Any]],
        takes: str,
        shape: Sequence[int],
        gives: str,
        size: int,
        channels: int,
        range: Sequence[float] = (-1.0, 1.0),
        prior: Prior = SPHERE,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"steps": steps, "weights": dict(weights), "takes": takes, "gives": gives}
        self.config |= {"shape": list(shape), "size": size, "channels": channels, "range": list(range), "prior": prior}
        self.steps = [Step(*step) for step in json.loads(steps)]
        for step in self.steps:
            _ = step.operation
        self.input, (self.batch, *self.shape) = takes, shape
        self.output, self.size, self.channels, self.prior = gives, size, channels, prior
        self.latent = math.prod(self.shape)
        self.idle = _idle(self.steps, gives)
        self.low, self.high = range
        if not self.low < self.high or channels not in CHANNELS or not 1 <= size <= SIDE:
            raise ValueError(f"range = {range}, channels = {channels} or size = {size} makes no sense")
        for name, (dtype, *shape) in weights.items():
            self.register_buffer(name, torch.zeros(shape, dtype=getattr(torch, dtype)))

    def results(self, batch: Tensor, weights: Mapping[str, Tensor]) -> Values:
        """All values by name after the operations have run on one batch, of the shape that they take."""
        values: Values = {self.input: batch, **weights}
        for step in self.steps:
            step.run(values, batch)
        return values

    def images(self, batch: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """The images of one batch, in the memory of those values that are still needed."""
        values: Values = {self.input: batch, **weights}
        for step, idle in zip(self.steps, self.idle, strict=True):
            step.run(values, batch)
            for name in idle:
                values.pop(name, None)
        return cast("Tensor", values[self.output])

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n channels size size"]:
        """Images of latents, with values nominally in [−1, 1]."""
        weights = dict(self.named_buffers())
        z = z.to(next((w.dtype for w in weights.values() if w.is_floating_point()), z.dtype))
        missing = -len(z) % self.batch
        batches = torch.cat([z, z[-1:].expand(missing, -1)]).view(-1, self.batch, *self.shape)
        images = torch.vmap(lambda batch: self.images(batch, weights))(batches)
        images = images.reshape(-1, self.channels, self.size, self.size)[: len(z)]
        return (images - self.low) * (2 / (self.high - self.low)) - 1

    @torch.enable_grad()
    def check(self) -> None:
        """Raise ValueError unless the images are of the right shape, finite, and vary smoothly with the latent."""
        models.check_values(self, self.state_dict())
        self.check_sizes()
        latents = torch.randn(2, self.latent, generator=torch.Generator().manual_seed(0)).requires_grad_()
        try:
            images = self(latents)
            gradient = torch.autograd.grad(images.square().sum(), latents)[0] if images.requires_grad else None
        except Exception as error:
            raise UnsupportedError(f"cannot be computed ({' '.join(str(error).split())[:150]})") from None
        stored = images.detach().half()
        if not bool(stored.isfinite().all()):
            raise ValueError("its images are not finite in half precision, where the largest number is 65504")
        if torch.equal(stored[0], stored[1]):
            raise ValueError("its images do not differ from one another")
        if not torch.equal(images, self(latents)):
            raise ValueError("its images of one latent differ from call to call")
        if gradient is None or not bool(gradient.isfinite().all()) or not bool(gradient.any()):
            raise ValueError("its images have no gradient to the latent that is finite and not 0")

    def check_sizes(self) -> None:
        """Raise UnsupportedError if an intermediate result is too large, or the images have the wrong shape."""
        weights = {name: weight.to("meta") for name, weight in self.named_buffers()}
        values = self.results(torch.empty(self.batch, *self.shape, device="meta"), weights)
        check_images(values[self.output], self.batch)
        for name, value in values.items():
            if isinstance(value, Tensor) and value.numel() > LARGEST * self.batch:
                raise UnsupportedError(f"its value {name[:40]!r} has {value.numel():,} numbers")


def check_images(images: Any, batch: int) -> None:
    """Raise UnsupportedError unless a generator's result has the shape of square images, one per latent."""
    shape = tuple(images.shape) if isinstance(images, Tensor) else ()
    if len(shape) != 4 or shape[0] != batch or shape[1] not in CHANNELS or shape[2] != shape[3] or shape[2] > SIDE:
        raise UnsupportedError(
            f"its result has the shape {shape}; expected ({batch}, 1 or 3, side, side), side ≤ {SIDE}"
        )
