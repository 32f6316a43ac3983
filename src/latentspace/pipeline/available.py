"""What a stage does without the variants that params.yaml does not name: it leaves them out, and says so."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from latentspace.pipeline import files


class NothingToDoError(Exception):
    """Ends a stage that has nothing to evaluate: the stage succeeds, with empty outputs."""


def split(wanted: Iterable[str], named: Collection[str], key: str) -> tuple[list[str], dict[str, str]]:
    """The names that an experiment can use, in its order, and for each of the others the reason.

    Args:
        wanted: names that the experiment uses.
        named: names that params.yaml has at `key`: a list, or a mapping by name.
        key: dotted key, such as ``size_train.names``.
    """
    names = list(wanted)
    return [name for name in names if name in named], {name: f"not in {key}" for name in names if name not in named}


def is_empty(path: Path) -> bool:
    """Whether the stage that makes the folder or JSON object `path` had nothing to do; False if `path` is missing."""
    if path.suffix == ".json":
        return path.exists() and path.read_text(encoding="utf-8").strip() == "{}"
    return path.is_dir() and not any(file.is_file() for file in path.rglob("*"))


def in_words(reasons: Mapping[str, str]) -> str:
    """What was left out and why, such as ``code_2, code_4 (not in size_train.names)``; empty if nothing was."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(name)
    return ", ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def write_empty(path: Path) -> None:
    """Make an output without content: a folder, a JSON object or a table of curves, instead of what is at `path`.

    Raises:
        TypeError: if a file of this kind cannot be empty.
    """
    if path.suffix == ".json":
        files.write_json(path, {})
    elif path.suffix == ".csv":
        files.write_text(path, "step\n")
    elif path.suffix:
        raise TypeError(f"{path}: not written, and a {path.suffix} file cannot be empty")
    else:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
