"""Read a generator from a file of `torch.jit.save`."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from latentspace.gan.formats.exported import told
from latentspace.gan.formats.operations import ALLOWED, SKIPPED, UnsupportedError, words
from latentspace.gan.formats.program import Program
from latentspace.gan.formats.traced import TracingError, traced
from latentspace.gan.roles import SPHERE, Prior

UNPACKED = 2**26  # bytes by which compressed code may grow
HOOKS = (b"__setstate__", b"__getstate__")  # methods that loading calls
# Operations on sizes, types and text, which the trace does not have.
SCALARS = words("""
Bool Float FloatImplicit Int IntImplicit ScalarImplicit __and__ __contains__ __getitem__ __is__ __isnot__
__not__ __or__ append as_tensor detach_ device dim dtype floordiv format is_floating_point len list numel size
tensor warn
""")
PRIMITIVES = words("""
Constant GetAttr If ListConstruct ListUnpack Loop NumToTensor RaiseException TupleConstruct
TupleIndex TupleUnpack Uninitialized data device dtype is_cuda isinstance layout max min requires_grad shape
unchecked_cast
""")
COUNTS = ("aten::len", "aten::dim")
TURNS, DEPTH = 1000, 2  # of a loop; of loops within loops


def read(path: Path, latent: int, low_high: Sequence[float] = (-1.0, 1.0), prior: Prior = SPHERE) -> Program:
    """Read a generator.

    Args:
        path: a file of `torch.jit.save`, whose ``forward`` takes latents of the shape (batch, latent) or
            (batch, latent, 1, 1) and returns images.
        latent: length of a latent.
        low_high: lowest and highest value of its pixels.
        prior: distribution of its latents.

    Raises:
        ValueError: one line naming the file, if it is missing or damaged, or has anything that a generator does not
            need, such as a loop without a known end, random numbers, or methods that loading would call.
    """
    with told(path):
        if not path.is_file():
            raise FileNotFoundError(path)
        _check_archive(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript itself; many generators exist as such
            module: Any = torch.jit.load(path, map_location="cpu").eval()
            if any(each._c._get_forward_hooks() or each._c._get_forward_pre_hooks() for each in module.modules()):
                raise UnsupportedError("it has forward hooks")
            _check_block(module.inlined_graph)
            try:
                return traced(module, [latent], low_high, prior)
            except TracingError as error:
                try:
                    return traced(module, [latent, 1, 1], low_high, prior)
                except TracingError:
                    raise error from None


def _check_archive(path: Path) -> None:
    """Raise UnsupportedError for parts that are much larger than the file, or code that loading would run.

    The code is read by PyTorch's own reader: another might find other parts in a file that was made to have two.
    """
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > path.stat().st_size + UNPACKED:
            raise UnsupportedError("its parts are much larger than the file")
    reader: Any = torch._C.PyTorchFileReader(str(path))
    for name in reader.get_all_records():
        if name.startswith("code/") and any(hook in reader.get_record(name) for hook in HOOKS):
            raise UnsupportedError("it has a method that loading would call; nothing was executed")


def _check_block(block: Any, depth: int = 0, over_list: bool = False) -> None:
    """Raise UnsupportedError unless all instructions are ones that a generator may have.

    Args:
        block: the instructions.
        depth: number of loops around them.
        over_list: whether one of these goes over a list, which must not grow there.
    """
    for node in block.nodes():
        kind: str = node.kind()
        space, _, name = kind.partition("::")
        known = PRIMITIVES if space == "prim" else ALLOWED | SCALARS | SKIPPED if space == "aten" else frozenset[str]()
        grows = name == "append" and over_list
        grows |= name in {"add", "mul", "add_", "mul_"} and _makes_text_or_list(node) and (depth > 0 or name[0] == "m")
        if not {name, name.removesuffix("_")} & known or grows:
            reason = ", which makes a list longer" if grows else ""
            raise UnsupportedError(f"it has the instruction {kind[:60]!r}{reason}")
        if name == "Loop" and (depth == DEPTH or not _is_short(node)):
            raise UnsupportedError("it has a loop whose end is not known; save a trace of it by torch.jit.trace")
        for inner in node.blocks():
            along = over_list or (name == "Loop" and "aten::len" in _sources(next(iter(node.inputs()))))
            _check_block(inner, depth + (name == "Loop"), along)


def _makes_text_or_list(node: Any) -> bool:
    return any(each.type().kind() in {"ListType", "StringType"} for each in node.outputs())


def _sources(count: Any) -> set[str]:
    """Instructions from which a number of turns is computed."""
    node = count.node()
    return {node.kind()}.union(*map(_sources, node.inputs() if node.kind() == "aten::sub" else ()))


def _is_short(loop: Any) -> bool:
    """Whether a loop is one over a list or over the numbers to a small constant, or to such a number less another."""
    count, goes_on = list(loop.inputs())[:2]
    conditions = [goes_on, *(next(iter(body.outputs())) for body in loop.blocks())]
    return _is_small(count) and all(condition.toIValue() is True for condition in conditions)


def _is_small(count: Any) -> bool:
    node = count.node()
    if node.kind() == "aten::sub":
        return all(map(_is_small, node.inputs()))
    number = count.toIValue()
    return node.kind() in COUNTS or (isinstance(number, int) and 0 <= number <= TURNS)
