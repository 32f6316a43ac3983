"""Interpret the pickle of a PyTorch checkpoint without executing anything in it.

A pickle is a program of a small machine, which can call any function that it names. Here this machine is written out
with the forty instructions and the few names that a checkpoint needs. Its values are plain ones, descriptions of
tensors (`View`), and the attributes of the GAN zoo's configuration (`Config`); no object of the file is ever built, and
no tensor is read. Keys are words and numbers, values are never compared or traversed, and instructions are counted, so
that time and memory are bounded, whatever the program says.

Source: the instructions are those of the standard library's `pickletools`.
"""

from __future__ import annotations

import io
import math
import mmap
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import IO, Any, cast

import torch

INSTRUCTIONS = 100_000  # in one pickle; the largest of the zoo has 10 000
DIMENSIONS = 8  # of a tensor, and arguments of a call
KEYS = range(2**60)  # whole numbers as keys, whose hashes are themselves
STORAGES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class Refused(ValueError):
    """The file has something that a checkpoint does not need."""


@dataclass(frozen=True, slots=True)
class Storage:
    """`count` numbers of a type, stored under a key."""

    dtype: torch.dtype
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class View:
    """A tensor: size, stride and offset, in numbers, in a storage in which they fit."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(eq=False, slots=True)
class Config:
    """Attributes of the zoo's ``BaseConfig``."""

    said: dict[Any, Any] = field(default_factory=dict)


class Named(Enum):
    """The names that a checkpoint may contain, beside the types of storages."""

    ORDERED = "collections.OrderedDict"
    TENSOR = "torch._utils._rebuild_tensor_v2"
    PARAMETER = "torch._utils._rebuild_parameter"
    CONFIG = "utils.config.BaseConfig"


def interpret(stream: io.BytesIO | mmap.mmap) -> tuple[Any, dict[str, Storage]]:
    """The value of the pickle at the position of `stream`, which is then behind it, and its storages by key.

    Raises:
        Refused: saying what a checkpoint does not need.
        Exception: of any other type, if the pickle is damaged.
    """
    machine = _Machine()
    for instruction, argument, _ in pickletools.genops(cast("IO[bytes]", stream)):
        if instruction.name == "STOP":
            break
        machine.work(1)
        machine.step(instruction.name, argument)
    return machine.stack.pop(), machine.storages


class _Machine:
    """The stack and the memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}
        self.worked = 0

    def work(self, steps: int) -> None:
        """Count steps, and refuse too many."""
        self.worked += steps
        if self.worked > INSTRUCTIONS:
            raise Refused(f"more than {INSTRUCTIONS} instructions")

    def step(self, name: str, argument: Any) -> None:
        """Carry out an instruction."""
        if name in CONSTANTS:
            self.stack.append(CONSTANTS[name]())
        elif name in LITERALS:
            self.stack.append(argument)
        elif name in TUPLES:
            self.stack.append(tuple(self.top(TUPLES[name])))
        elif name in OPERATIONS:
            OPERATIONS[name](self, argument)
        elif name not in IGNORED:
            raise Refused(f"the instruction {name}")

    def top(self, count: int) -> list[Any]:
        """Take `count` values from the stack."""
        if count > len(self.stack):
            raise IndexError("the stack is empty")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def since_mark(self) -> list[Any]:
        """Take the values above the last mark."""
        return self.top(len(self.stack) - self.marks.pop())

    def put(self, index: int | None) -> None:
        """BINPUT, LONG_BINPUT, MEMOIZE: remember the value on top."""
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def extend(self, values: list[Any]) -> None:
        """Append values to the list on top."""
        if type(self.stack[-1]) is not list:
            raise Refused(f"an append to a {type(self.stack[-1]).__name__}")
        self.stack[-1].extend(values)

    def update(self, values: list[Any]) -> None:
        """Set keys, each followed by its value, in the dictionary on top."""
        if type(self.stack[-1]) is not dict:
            raise Refused(f"an item of a {type(self.stack[-1]).__name__}")
        self.stack[-1].update(_items(zip(values[::2], values[1::2], strict=True)))

    def name(self, argument: str | None) -> None:
        """GLOBAL, STACK_GLOBAL: something by its module and name."""
        module, name = argument.split(" ", 1) if argument is not None else self.top(2)
        self.stack.append(_named(module, name))

    def reference(self, _: Any) -> None:
        """BINPERSID: a storage. The older format appends the metadata of a view, which have been empty since 2017."""
        (reference,) = self.top(1)
        if type(reference) is not tuple or len(reference) > DIMENSIONS:
            raise Refused("a storage of unknown form")
        match reference:
            case ("storage", torch.dtype() as dtype, str(key), str(), int(count), *rest) if rest in ([], [None]):
                storage = self.storages.setdefault(key, Storage(dtype, key, count))
                if count < 0 or storage != Storage(dtype, key, count):
                    raise Refused("two storages of one name, or one of less than nothing")
                self.stack.append(storage)
            case _:
                raise Refused("a storage of unknown form")

    def call(self, _: Any) -> None:
        """REDUCE: one of the three functions that a checkpoint calls."""
        function, arguments = self.top(2)
        if type(arguments) is not tuple or len(arguments) > DIMENSIONS:
            raise Refused("a call of unknown form")
        match function, arguments:
            case Named.ORDERED, ():
                self.stack.append({})
            case Named.ORDERED, (list() as pairs,):  # of Python 2
                self.work(len(pairs))
                self.stack.append(_items(pairs))
            case Named.TENSOR, (Storage() as storage, int(offset), tuple() as size, tuple() as stride, *_):
                self.stack.append(_view(storage, offset, size, stride))
            case Named.PARAMETER, (View() as tensor, *_):
                self.stack.append(tensor)
            case _:
                raise Refused(f"a call of {_described(function)} with other arguments")

    def new(self, _: Any) -> None:
        """NEWOBJ: a configuration without attributes."""
        match self.top(2):
            case [Named.CONFIG, ()]:
                self.stack.append(Config())
            case [other, _]:
                raise Refused(f"a new {_described(other)}")

    def build(self, _: Any) -> None:
        """BUILD: the attributes of a configuration; those of an ordered dictionary (``_metadata``) are not needed."""
        (state,) = self.top(1)
        match self.stack[-1], state:
            case Config() as config, dict():
                config.said = state
            case dict(), dict():
                pass
            case other, _:
                raise Refused(f"a change of a {_described(other)}")


def _items(pairs: Any) -> dict[Any, Any]:
    """A dictionary of pairs whose keys are words or numbers: the hash of a nested tuple takes for ever."""
    items = {}
    for key, value in pairs:
        if type(key) is not str and not (type(key) is int and key in KEYS):
            raise Refused(f"a {type(key).__name__} as a key")
        items[key] = value
    return items


def _named(module: Any, name: Any) -> Named | torch.dtype:
    """What a checkpoint may name."""
    if type(module) is not str or type(name) is not str:
        raise Refused("a name that is no word")
    if module == "torch" and name in STORAGES:
        return STORAGES[name]
    if name == "BaseConfig" and module.endswith("utils.config"):
        return Named.CONFIG
    for known in (Named.ORDERED, Named.TENSOR, Named.PARAMETER):
        if f"{module}.{name}" == known.value and module == known.value.rpartition(".")[0]:
            return known
    raise Refused(f"the name {module[:40]}.{name[:40]}")


def _view(storage: Storage, offset: int, size: tuple[Any, ...], stride: tuple[Any, ...]) -> View:
    """A tensor that fits in its storage."""
    if not len(size) == len(stride) <= DIMENSIONS or any(type(n) is not int or n < 0 for n in (*size, *stride, offset)):
        raise Refused("a tensor of unknown form")
    end = offset + 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and max(end, math.prod(size)) > storage.count:
        raise Refused("a tensor larger than its storage")
    return View(storage, offset, size, stride)


def _described(value: Any) -> str:
    return value.value if isinstance(value, Named) else type(value).__name__


CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}


LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "INT", "LONG", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}
LITERALS |= {"BINSTRING", "SHORT_BINSTRING"}  # of Python 2


TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


IGNORED = {"PROTO", "FRAME"}


OPERATIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, index: machine.stack.append(machine.memo[index])),
    "APPEND": lambda machine, _: machine.extend(machine.top(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.update(machine.top(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.since_mark()),
    **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _Machine.name),
    "BINPERSID": _Machine.reference,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.new,
    "BUILD": _Machine.build,
}
