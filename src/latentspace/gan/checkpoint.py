"""Read tensors from a PyTorch checkpoint of an untrusted source, in memory bounded by the size of its file.

Both container formats are read with the standard library: PyTorch's stream of pickles before 1.6, and its zip archive
since. The pickles are interpreted by `unpickle`; of the numbers, only those of the tensors asked for are read. Together
these may not be larger than the file, parts of an archive may neither be compressed nor overlap.
"""

from __future__ import annotations

import io
import math
import mmap
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latentspace.gan import unpickle
from latentspace.gan.unpickle import Refused, Storage, View

MAGIC = 0x1950A86A20F9469CFC6C  # of the older format
PROTOCOL = 1001
BLOCK = 2**20  # bytes read at once; the largest list of parts of an archive


@dataclass(frozen=True)
class Checkpoint:
    """An open checkpoint.

    Attributes:
        path: its file.
        contents: plain values, `View` for a tensor, `Config` for the zoo's configuration.
        raw: reads the bytes of a storage.
    """

    path: Path
    contents: Any
    raw: Callable[[Storage], bytearray]

    def tensors(self, views: Mapping[str, View]) -> dict[str, Tensor]:
        """Read tensors in float32.

        Raises:
            ValueError: one line naming the file, if numbers are missing, or the tensors are larger than the file.
        """
        with _told(self.path):
            wanted = sum(math.prod(view.size) * view.storage.dtype.itemsize for view in views.values())
            if wanted > self.path.stat().st_size:
                raise Refused("its tensors are larger than the file")
            storages: dict[str, Tensor] = {}
            return {name: self._tensor(view, storages) for name, view in views.items()}

    def _tensor(self, view: View, storages: dict[str, Tensor]) -> Tensor:
        storage = view.storage
        if storage.key not in storages:
            raw = self.raw(storage)
            if len(raw) < storage.count * storage.dtype.itemsize:
                raise EOFError(f"storage {storage.key[:40]!r} is short")
            flat = torch.frombuffer(raw, dtype=storage.dtype, count=storage.count) if storage.count else torch.empty(0)
            storages[storage.key] = flat
        return storages[storage.key].as_strided(view.size, view.stride, view.offset).to(torch.float32, copy=True)


@contextmanager
def opened(path: Path) -> Iterator[Checkpoint]:
    """Open a checkpoint.

    Raises:
        ValueError: one line naming the file, if it is missing, truncated, not a checkpoint, or has anything that a
            checkpoint does not need. Nothing in the file has been executed.
    """
    with _told(path):
        if not path.is_file():
            raise FileNotFoundError(path)
        stream = _Blocks(io.FileIO(path))
    with stream:
        with _told(path):
            total = path.stat().st_size
            contents, raw = _archive(stream, total) if zipfile.is_zipfile(stream) else _stream(stream)
        yield Checkpoint(path, contents, raw)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell every error in one line."""
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    except Refused as error:
        raise ValueError(f"{path}: refused: not a plain checkpoint: {error}; nothing was executed") from None
    except Exception as error:  # a damaged file can fail in any way
        reason = " ".join(str(error).split())[:120]
        raise ValueError(f"{path}: damaged or not a checkpoint ({type(error).__name__}: {reason})") from None


class _Blocks(io.BufferedReader):
    """A file of which no single read takes more than a block, whatever its contents say."""

    def read(self, size: int | None = -1) -> bytes:
        """Read bytes."""
        if size is not None and size > BLOCK:
            raise Refused(f"a list of parts of {size} bytes")
        return super().read(size)


def _archive(stream: io.BufferedReader, total: int) -> tuple[Any, Callable[[Storage], bytearray]]:
    archive = zipfile.ZipFile(stream)
    parts = {part.filename: part for part in archive.infolist()}
    if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
        raise Refused("compressed parts")
    if sum(part.file_size for part in archive.infolist()) > total:
        raise Refused("parts that overlap")
    (root, *more) = [
        name.removesuffix("data.pkl") for name in parts if name.count("/") <= 1 and name.endswith("data.pkl")
    ]
    if more:
        raise Refused("two pickles")

    def read(name: str) -> bytearray:
        raw = bytearray()
        with archive.open(f"{root}{name}") as part:
            while block := part.read(BLOCK):
                raw += block
        return raw

    if f"{root}byteorder" in parts and read("byteorder") != b"little":
        raise Refused("big-endian numbers")
    contents, _ = unpickle.interpret(io.BytesIO(read("data.pkl")))
    return contents, lambda storage: read(f"data/{storage.key}")


def _stream(stream: io.BufferedReader) -> tuple[Any, Callable[[Storage], bytearray]]:
    mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[:1] != b"\x80" or [unpickle.interpret(mapped)[0] for _ in range(2)] != [MAGIC, PROTOCOL]:
        raise ValueError("not a PyTorch file")
    system, _ = unpickle.interpret(mapped)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise Refused("big-endian numbers")
    contents, storages = unpickle.interpret(mapped)
    keys, _ = unpickle.interpret(mapped)
    if type(keys) is not list or any(type(key) is not str for key in keys):
        raise Refused("storages without names")
    places: dict[str, tuple[int, int]] = {}
    for key in keys:  # the numbers follow in this order
        (count,) = struct.unpack("<q", mapped.read(8))
        if count != storages[key].count:
            raise EOFError(f"storage {key[:40]!r} has {count} numbers, not {storages[key].count}")
        places[key] = mapped.tell(), count * storages[key].dtype.itemsize
        mapped.seek(places[key][1], io.SEEK_CUR)

    def read(storage: Storage) -> bytearray:
        start, length = places[storage.key]
        return bytearray(memoryview(mapped)[start : start + length])

    return contents, read
