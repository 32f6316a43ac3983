"""Runs of stages that are being executed, as the sender reads them: their process, curves and pictures (live.py)."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentspace.pipeline.tracking import entries, paths
from latentspace.pipeline.tracking.outbox import RunLog
from latentspace.pipeline.tracking.sender import Process

Point = tuple[str, int, float, int]  # name of the curve, step, value, time in milliseconds
TRIED = re.compile(r"_restart_\d+$")  # phases that are not part of the curve


@dataclass(frozen=True)
class Announced:
    """A run that was announced and is not sent completely.

    Attributes:
        folder: named by the execution.
        log: what is known of the run at its start.
        alive: whether the stage's process was still there.
        posted: whether the complete run waited in the outbox; read after `alive`, as a process posts before it ends.
    """

    folder: Path
    log: RunLog
    alive: bool
    posted: bool


def announced() -> list[Announced]:
    """The announced runs, oldest first. What cannot be read is deleted: the complete run comes through the outbox."""
    found = []
    for folder in paths.live().glob("[!.]*"):
        try:
            values = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            log, alive = entries.parsed(values["log"]), _alive(Process(**values["process"]))
        except (OSError, ValueError, TypeError, LookupError):
            shutil.rmtree(folder, ignore_errors=True)
            continue
        posted = any(path.name.endswith(folder.name) for path in paths.waiting())
        found.append(Announced(folder, log, alive, posted))
    return sorted(found, key=lambda run: run.log.started)


def forget(execution: str) -> None:
    """Delete what was announced and published of a run that has ended."""
    shutil.rmtree(paths.live() / execution, ignore_errors=True)


def _alive(process: Process) -> bool:
    if process.started:
        return process.alive
    with suppress(ProcessLookupError, PermissionError):  # without /proc, only the number is known
        os.kill(process.pid, 0)
        return True
    return False


def last_sign(folder: Path) -> int:
    """When the run was last written to, in milliseconds."""
    return int(1000 * max(path.stat().st_mtime for path in [folder / "run.json", *folder.glob("*/*")]))


def points(folder: Path) -> list[Point]:
    """The points of all trainings, named as those of the complete run, with the steps of all phases in a row."""
    return [point for path in sorted((folder / "curves").glob("*.jsonl")) for point in _points_of(path)]


def _points_of(path: Path) -> Iterator[Point]:
    phase, offset, last = None, 0, -1
    for row in _rows(path):
        if TRIED.search(row["phase"]):
            continue
        if row["phase"] != phase:
            phase, offset = row["phase"], last + 1
        step = offset + int(row["step"])
        last = max(last, step)
        for name, value in row.items():
            if name not in {"phase", "time", "step"} and math.isfinite(value):
                yield f"{name}/{path.stem}", step, float(value), int(1000 * row["time"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The complete rows of a file that is being written."""
    for line in path.read_bytes().split(b"\n")[:-1]:
        with suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict) and isinstance(row.get("phase"), str) and _numbers(row):
                yield row


def _numbers(row: dict[str, Any]) -> bool:
    values = [value for name, value in row.items() if name != "phase"]
    return row.keys() >= {"step", "time"} and all(isinstance(value, int | float) for value in values)


def pictures(folder: Path) -> list[tuple[str, int, Path]]:
    """Key, step and file of the pictures of the first training; those of the others would look alike."""
    first = min((path.stem for path in (folder / "curves").glob("*.jsonl")), default="")
    found = []
    for path in sorted((folder / "images" / first).rglob("[!.]*.png")) if first else []:
        phase = path.parent.relative_to(folder / "images").as_posix()
        if path.stem.isdigit():
            found.append((f"traversals/{phase}", int(path.stem), path))
    return found
