"""Read and write named arrays as one npz file; arrays that do not fit into memory are read as mapped files."""

from __future__ import annotations

import math
import mmap
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike

from latentspace.nn.mapped import release
from latentspace.pipeline.files import atomic

MAPPED = 2**27  # bytes; a larger array of bytes is mapped, unless it is compressed
BLOCK = 2**24  # bytes that are written at once
HEADER = 30  # bytes of a member of a zip file before its name; the lengths of name and extra field are the last four


def write(path: Path, arrays: Mapping[str, ArrayLike], *, compressed: bool = True) -> None:
    """Write `arrays` atomically; equal arrays give equal bytes."""
    with atomic(path) as temporary:
        if compressed:
            np.savez_compressed(temporary, allow_pickle=False, **arrays)
        else:
            _write_blocks(temporary, {name: np.asarray(values) for name, values in arrays.items()})


def _write_blocks(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """What `np.savez` writes, without a mapped array as a whole in memory."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                descr = np.lib.format.dtype_to_descr(array.dtype)
                header = {"descr": descr, "fortran_order": False, "shape": array.shape}
                np.lib.format.write_array_header_1_0(member, header)
                flat = array.reshape(-1)
                for start in range(0, len(flat), BLOCK):
                    member.write(flat[start : start + BLOCK].tobytes())
                    release(array)


def read(path: Path, required: Iterable[str], remedy: str = "`dvc repro`") -> dict[str, np.ndarray]:
    """Read all arrays of a file, by name; large arrays of bytes are mapped: do not change them.

    Args:
        path: of the file.
        required: names of the arrays that the file must have.
        remedy: command that makes the file, for the error text.

    Raises:
        ValueError: naming the file if it is missing, truncated, changed or incomplete.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: _array(stream, stored, name) for name in stored.files}
        return {name: arrays[name] for name in required} | arrays
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; {remedy} makes it") from None
    except Exception as error:  # zipfile, zlib and numpy raise different errors for a damaged file
        raise ValueError(f"{path}: damaged ({type(error).__name__}); delete it and run `dvc repro`") from None


def _array(stream: BinaryIO, stored: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    """An array of an npz file that is open as `stream`."""
    assert stored.zip is not None
    member = stored.zip.getinfo(f"{name}.npy")
    if member.file_size <= MAPPED or member.compress_type != zipfile.ZIP_STORED:
        return np.asarray(stored[name])
    with stored.zip.open(member) as data:
        np.lib.format.read_magic(data)
        shape, _, dtype = np.lib.format.read_array_header_1_0(data)
        if dtype != np.uint8:
            return np.asarray(stored[name])
        before = data.tell()
        while data.read(BLOCK):  # to its end, where the checksum is compared
            pass
    stream.seek(member.header_offset)
    lengths = np.frombuffer(stream.read(HEADER)[-4:], "<u2")
    start = member.header_offset + HEADER + int(lengths.sum()) + before
    # The copy is private and made on write, and nothing writes; PyTorch warns of memory that cannot be written.
    mapping = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
    return np.frombuffer(mapping, np.uint8, math.prod(shape), start).reshape(shape)
