"""Read a PyTorch checkpoint from an untrusted source without executing anything in it.

A checkpoint is a pickle, and a pickle can call any function that it names. Here only a dozen names are allowed, of
objects without side effects: an ordered dictionary, storage types, the function that rebuilds a tensor (replaced by one
that only creates a view), and the GAN zoo's configuration (replaced by an empty class). Both container formats are read
with the standard library: PyTorch's stream of pickles before 1.6, and its zip archive since.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MAGIC = 0x1950A86A20F9469CFC6C  # of the older format


PROTOCOL = 1001


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


class Refused(pickle.UnpicklingError):
    """The file names an object that a checkpoint does not need."""


class _Sealed(type):
    """Metaclass of classes that a pickle cannot change, as its BUILD instruction sets attributes of named objects."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise Refused(f"a change of {cls.__name__}")


class Config(metaclass=_Sealed):
    """Replacement of the zoo's ``BaseConfig``, with attributes only."""


def read_restricted(path: Path) -> Any:
    """Read a checkpoint: plain values, tensors, and `Config` objects.

    Raises:
        ValueError: one line naming the file, if it is missing, truncated, not a checkpoint, or names other objects.
            Nothing in the file has been executed.
    """
    try:
        if zipfile.is_zipfile(path):
            return _read_zip(path)
        with path.open("rb") as stream:
            return _read_stream(stream, path.stat().st_size)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    except Refused as error:
        raise ValueError(
            f"{path}: refused: it is not a plain checkpoint, it would run {error}; nothing was executed"
        ) from None
    except (Exception, RecursionError) as error:  # a damaged pickle can fail in any way
        reason = " ".join(str(error).split())[:120]
        raise ValueError(f"{path}: damaged or not a checkpoint ({type(error).__name__}: {reason})") from None


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BufferedIOBase, storage: Callable[[torch.dtype, str, int], Tensor]) -> None:
        super().__init__(stream, encoding="utf-8")
        self.storage = storage

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if name == "BaseConfig" and module.endswith("utils.config"):
            return Config
        if (module, name) not in ALLOWED:
            raise Refused(f"{module}.{name}"[:80])
        return ALLOWED[module, name]

    def persistent_load(self, reference: Any) -> Tensor:
        match reference:
            # The older format appends the metadata of a view, which have been empty since 2017.
            case ["storage", torch.dtype() as dtype, str(key), str(), int(count), *rest] if not any(rest):
                return self.storage(dtype, key, count)
        raise Refused("a storage of unknown form")


class _Tensor:
    """Rebuilds a tensor as a view of a flat storage; torch raises an error for views beyond its end."""

    __slots__ = ()  # no attributes that a pickle could set

    def __call__(self, flat: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
        if not isinstance(flat, Tensor) or math.prod(size) > flat.numel():
            raise Refused("a tensor larger than its storage")
        return flat.as_strided(size, stride, offset)


class _Parameter:
    """Replaces a parameter by its tensor."""

    __slots__ = ()

    def __call__(self, data: Any, *_: Any) -> Tensor:
        if not isinstance(data, Tensor):
            raise Refused("a parameter that is no tensor")
        return data


ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor(),
    ("torch._utils", "_rebuild_parameter"): _Parameter(),
}


def _nothing(dtype: torch.dtype, key: str, count: int) -> Tensor:
    raise Refused("a storage where none belongs")


def _bytes(count: int, dtype: torch.dtype) -> int:
    return count * dtype.itemsize


def _read_zip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        (main,) = [name for name in names if name.count("/") <= 1 and name.endswith("data.pkl")]
        root = main.removesuffix("data.pkl")
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder") != b"little":
            raise Refused("big-endian numbers")

        def storage(dtype: torch.dtype, key: str, count: int) -> Tensor:
            if key not in known:
                raw = bytearray(archive.read(f"{root}data/{key}"))
                if len(raw) < _bytes(count, dtype):
                    raise EOFError(f"storage {key} is short")
                known[key] = torch.frombuffer(raw, dtype=dtype, count=count) if count else torch.empty(0, dtype=dtype)
            return known[key]

        known: dict[str, Tensor] = {}
        return _Unpickler(io.BytesIO(archive.read(main)), storage).load()


def _read_stream(stream: io.BufferedIOBase, total: int) -> Any:
    def plain() -> Any:
        return _Unpickler(stream, _nothing).load()

    def storage(dtype: torch.dtype, key: str, count: int) -> Tensor:
        if key not in known:
            if not 0 <= _bytes(count, dtype) <= total:
                raise EOFError(f"storage {key} is larger than the file")
            known[key] = torch.empty(count, dtype=dtype)
        return known[key]

    known: dict[str, Tensor] = {}
    if stream.read(1) != pickle.PROTO:
        raise ValueError("not a PyTorch file")
    stream.seek(0)
    if plain() != MAGIC or plain() != PROTOCOL:
        raise ValueError("not a PyTorch file")
    if plain().get("little_endian") is not True:
        raise Refused("big-endian numbers")
    contents = _Unpickler(stream, storage).load()
    for key in plain():  # the numbers follow in this order and fill the storages of the views created above
        (count,) = struct.unpack("<q", stream.read(8))
        if count != len(known[key]):
            raise EOFError(f"storage {key} has {count} numbers, not {len(known[key])}")
        raw = bytearray(stream.read(_bytes(count, known[key].dtype)))
        if count:
            known[key].copy_(torch.frombuffer(raw, dtype=known[key].dtype, count=count))
    return contents
