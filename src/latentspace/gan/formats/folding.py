"""From a graph of operations to a program: operations on weights alone are computed once, here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from latentspace.gan.formats.operations import (
    UnsupportedError,
    changes_its_input,
    depends_on_shape,
    is_in_training_mode,
    without_change,
)
from latentspace.gan.formats.program import LARGEST, REFERENCE, Program, Step, Values, check_images
from latentspace.gan.roles import Prior

SMALL = 2**16  # numbers in a constant that is always computed beforehand
MOST_STEPS = 20_000


def program(
    steps: Sequence[Step],
    weights: Mapping[str, Tensor],
    takes: tuple[str, list[int]],
    gives: str,
    low_high: Sequence[float],
    prior: Prior,
) -> Program:
    """The checked program of a graph.

    Args:
        steps: the operations in their order.
        weights: by name, float32 unless whole numbers.
        takes: name and shape of the latents, whose first number is the size of a batch.
        gives: name of the images.
        low_high: lowest and highest value of a pixel.
        prior: distribution of latents.

    Raises:
        UnsupportedError: if an operation is not allowed, or a result is too large or of the wrong shape.
        ValueError: as `Program.check`.
    """
    folding = _Folding(takes, weights, steps, gives)
    folding.take_all()
    gives = folding.now(gives)
    check_images(folding.values[gives], takes[1][0])
    if gives in folding.constant:
        raise UnsupportedError("its images do not depend on the latent")
    weights, images = folding.constants(), folding.values[gives]
    names = _Names(weights)
    program = Program(
        json.dumps([[s.target, names.within(s.args), names.within(s.kwargs), names.results(s)] for s in folding.kept]),
        {names.of(name): [str(weight.dtype).removeprefix("torch."), *weight.shape] for name, weight in weights.items()},
        names.of(takes[0]),
        takes[1],
        names.of(gives),
        images.shape[-1],
        images.shape[1],
        low_high,
        prior,
    )
    for name, weight in weights.items():
        program.register_buffer(names.of(name), weight)
    program.check()
    return program.eval()


class _Names:
    """Short names: ``weight_0`` … for weights, ``0`` … for all other values."""

    def __init__(self, weights: Iterable[str]) -> None:
        self.known = {name: f"weight_{number}" for number, name in enumerate(weights)}

    def of(self, name: str) -> str:
        """The short name of a value."""
        return self.known.setdefault(name, str(len(self.known)))

    def results(self, step: Step) -> list[Any]:
        """Results of an operation with short names."""
        return self.within(step.results, REFERENCE)

    def within(self, value: Any, key: str = "") -> Any:
        """Arguments of an operation with short names."""
        if isinstance(value, dict):
            return {name: self.within(each, name) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.within(each, key) for each in value]
        return self.of(value) if key == REFERENCE and value is not None else value


def _draws(step: Step) -> bool:
    """Whether an operation drops values by chance."""
    values = [*step.args, *step.kwargs.values()]
    return step.target.startswith("torch.ops.aten.dropout") and values[2:3] == [True]


class _Folding:
    """Goes through the operations of a graph once, on one batch, and keeps those that depend on it.

    Operations that change their input are replaced by those that return a new tensor; later ones then take that.

    Attributes:
        kept: operations that depend on the latents.
        constant: names of the values that do not.
        values: all values so far.
        current: name of the value that a changed one has now.
    """

    def __init__(
        self, takes: tuple[str, list[int]], weights: Mapping[str, Tensor], steps: Sequence[Step], gives: str
    ) -> None:
        name, shape = takes
        batch = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        self.like, self.meta_like = batch, batch.to("meta")
        self.values: Values = {name: batch, **weights}
        self.meta: Values = {each: value.to("meta") for each, value in self.values.items()}
        self.largest = max(SMALL, sum(weight.numel() for weight in weights.values()))
        self.constant, self.kept, self.current, self.steps = {*weights}, list[Step](), dict[str, str](), steps
        self.last_use = {used: number for number, step in enumerate(steps) for used in step.names()}
        self.last_use[gives] = len(steps)

    def take_all(self) -> None:
        """Go through all operations."""
        if len(self.steps) > MOST_STEPS:
            raise UnsupportedError(f"it has {len(self.steps):,} operations, more than {MOST_STEPS:,}")
        for number in range(len(self.steps)):
            self.take(number)

    def take(self, number: int) -> None:
        """Run an operation, and keep it if its result depends on the latents."""
        step = self.steps[number]
        if step.operation is None:
            return
        if is_in_training_mode(step.target, step.args) or _draws(step):
            raise UnsupportedError("it is in training mode: call eval() before the export")
        changed = step.args[0][REFERENCE] if changes_its_input(step.target) else None
        if changed is not None:
            self._check_views(changed, number)
        step = replace(
            step,
            target=step.target if changed is None else without_change(step.target),
            args=[self._now(value) for value in step.args],
            kwargs={name: self._now(value) for name, value in step.kwargs.items()},
        )
        listed = (each if isinstance(each, list) else [each] for each in step.results)
        results: list[str] = [name for each in listed for name in each if name]
        if not {*results}.isdisjoint(self.values):
            raise UnsupportedError(f"two of its values have the name {results[0][:40]!r}")
        step.run(self.meta, self.meta_like)
        sizes = [self.meta[name].numel() for name in results if isinstance(self.meta[name], Tensor)]
        if max(sizes, default=0) > LARGEST * len(self.like):
            raise UnsupportedError(f"its value {results[0][:40]!r} has {max(sizes):,} numbers")
        step.run(self.values, self.like)
        if any(isinstance(self.values[name], int) and abs(self.values[name]) > LARGEST**2 for name in results):
            raise UnsupportedError(f"its value {results[0][:40]!r} is a number too large for a size")
        known = step.names() <= self.constant or depends_on_shape(step.target)
        if known and max(sizes, default=0) <= self.largest:
            self.constant |= {*results}
        else:
            self.kept.append(step)
        if changed is not None:
            self.current[self.now(changed)] = results[0]

    def _check_views(self, changed: str, number: int) -> None:
        """Raise UnsupportedError if later operations take other views of a value that is changed."""
        value = self.values[self.now(changed)]
        for name, other in self.values.items():
            if name != changed and self.last_use.get(name, -1) > number and isinstance(other, Tensor):
                seen = self.values[self.now(name)]
                if seen.untyped_storage().data_ptr() == value.untyped_storage().data_ptr():
                    raise UnsupportedError(
                        f"it changes {changed[:40]!r}, of which {name[:40]!r} is a view: "
                        "export it with .run_decompositions({})"
                    )

    def now(self, name: str) -> str:
        """Name of the value that a value has become by the changes so far."""
        while name in self.current:
            name = self.current[name]
        return name

    def _now(self, value: Any) -> Any:
        """An argument with the present names of changed values, and with constants that are numbers."""
        if isinstance(value, list):
            return [self._now(each) for each in value]
        if not isinstance(value, dict) or REFERENCE not in value:
            return value
        name = self.now(value[REFERENCE])
        number = name in self.constant and not isinstance(self.values[name], Tensor)
        return self.values[name] if number else {REFERENCE: name}

    def constants(self) -> dict[str, Tensor]:
        """Tensors that the kept operations take and that do not depend on the latents, by name."""
        used = set[str]().union(*(step.names() for step in self.kept)) & self.constant
        return {name: self.values[name].detach().contiguous().clone() for name in sorted(used)}
