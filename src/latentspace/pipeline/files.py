"""Atomic files: everything is written under a temporary name, then renamed."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it is renamed to `path` when the block ends without an error.

    Raises:
        OSError: one line naming `path` if the disk is full, whichever library reports it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except Exception as error:
        if _disk_full(error):
            raise OSError(f"{path}: the disk is full; make room, then run `dvc repro` again") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Delete temporary files of `path` whose process no longer runs."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp{glob.escape(path.suffix)}"):
        pid = left.name.removeprefix(f".{path.name}.").removesuffix(f".tmp{path.suffix}")
        if pid.isdigit() and not _alive(int(pid)):
            left.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process
        return True
    return True


def _disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, is a full disk, an exhausted quota or the limit on file sizes."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        number = re.search(r"\(os error (\d+)\)", str(error))  # safetensors gives the number only in the text
        if number and int(number[1]) in FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write `values` as `as_json`."""
    write_text(path, as_json(values))


def as_json(values: Mapping[str, Any]) -> str:
    """`values` as JSON with sorted keys, so that equal values give equal text; raises ValueError for NaN."""
    return json.dumps(values, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raises ValueError naming the file if it is missing or not a JSON object."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; the stage that makes it has not run") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON ({error}); delete it and run `dvc repro`") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path}: expected a JSON object")
    return values


def md5(path: Path) -> str:
    """MD5 of a file, or of the relative names and contents of a folder's files, in sorted order."""
    digest = hashlib.md5(usedforsecurity=False)
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            digest.update(f"{file.relative_to(path).as_posix()}\0{md5(file)}\n".encode())
    else:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
