"""Digests of files and folders of the user; a file is read again only if its size or one of its times has changed."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from latentspace.pipeline import files

MEMORY = Path(".tracking", "digests")
RECENT = 2 * 10**9  # ns; a younger file is not remembered, as it may change again without a change of its times

Known = Mapping[str, list[Any]]  # size, time of modification, time of change, MD5; by relative path


def digest(path: Path, memory: Path) -> str:
    """Digest of a file, or of the relative names and the contents of the regular files in a folder, but hidden ones.

    Args:
        path: a file or folder.
        memory: folder with the digests of last time.

    Raises:
        OSError: naming what is missing or cannot be read.
    """
    place = memory / f"{hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]}.json"
    before = _remembered(place)
    now = {name: _entry(file, status, before.get(name)) for name, file, status in _regular(path)}
    _remember(place, before, now)
    total = hashlib.sha256()
    for name in sorted(now):
        total.update(os.fsencode(name) + f"\0{now[name][-1]}\n".encode())
    return total.hexdigest()[:32]


def _regular(path: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    """Relative path, path and status of every regular file; links to folders are not followed."""
    if path.is_dir():
        yield from _inside(str(path), "")
    elif path.is_file():
        yield "", str(path), path.stat()
    else:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _inside(folder: str, above: str) -> Iterator[tuple[str, str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):  # such as .DS_Store and .thumbnails, which change by being looked at
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _inside(entry.path, f"{above}{entry.name}/")
            elif entry.is_file():
                yield above + entry.name, entry.path, entry.stat()


def _entry(file: str, status: os.stat_result, known: list[Any] | None) -> list[Any]:
    stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    return known if known and known[:-1] == stamp else [*stamp, files.md5(Path(file))]


def _remembered(place: Path) -> dict[str, list[Any]]:
    """The digests of last time; none if there are none, or the file is damaged."""
    try:
        return {name: list(entry) for name, entry in files.read_json(place).items()}
    except (ValueError, TypeError, OSError):
        return {}


def _remember(place: Path, before: Known, now: Known) -> None:
    latest = time.time_ns() - RECENT
    lasting = {name: entry for name, entry in now.items() if max(entry[1:3]) < latest}
    if lasting != before:
        with suppress(OSError):  # then everything is read again next time
            files.write_json(place, lasting)
