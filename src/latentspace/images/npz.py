"""Read and write named arrays as one npz file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from latentspace.pipeline.files import atomic


def write(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = True) -> None:
    """Write `arrays` atomically; equal arrays give equal bytes."""
    save = np.savez_compressed if compressed else np.savez
    with atomic(path) as temporary:
        save(temporary, allow_pickle=False, **arrays)


def read(path: Path, required: Iterable[str], remedy: str = "`dvc repro`") -> dict[str, np.ndarray]:
    """Read all arrays of a file, by name.

    Args:
        path: of the file.
        required: names of the arrays that the file must have.
        remedy: command that makes the file, for the error text.

    Raises:
        ValueError: naming the file if it is missing, truncated or incomplete.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = dict(stored)
        return {name: arrays[name] for name in required} | arrays
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; {remedy} makes it") from None
    except Exception as error:  # zipfile, zlib and numpy raise different errors for a damaged file
        raise ValueError(f"{path}: damaged ({type(error).__name__}); delete it and run `dvc repro`") from None
