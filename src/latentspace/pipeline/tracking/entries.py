"""Runs in the outbox as the sender reads them: checked completely before the store sees them."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from latentspace.pipeline.tracking.outbox import RunLog
from latentspace.pipeline.tracking.paths import live, outbox, project_root, reason, rejected, waiting

KEPT = 1000  # records of sent runs, which can be sent again
DAY = 86400.0
PICTURES = ("PNG", "JPEG", "GIF", "WEBP")


def read(folder: Path) -> RunLog:
    """The run in `folder`.

    Raises:
        ValueError: `run.json` is not a run of this code, or a picture is damaged.
        OSError: a file of the run is missing, a folder, unreadable or outside `folder`.
    """
    text = (folder / "run.json").read_text(encoding="utf-8")
    log = parsed(json.loads(text))
    for path in [path for path, _ in log.artifacts] + [path for _, path, _ in log.models]:
        with _inside(folder, path).open("rb") as file:
            file.read(1)
    for _, _, path in log.images:
        pixels(_inside(folder, path))
    return log


def parsed(values: Any) -> RunLog:
    """A run from its JSON; raises ValueError in one line."""
    from pydantic import ValidationError

    if not isinstance(values, dict):
        raise ValueError(f"run.json is not an object but {type(values).__name__}")
    if unknown := values.keys() - RunLog.__dataclass_fields__.keys():
        raise ValueError(f"run.json has keys of other code: {', '.join(sorted(unknown))}")
    try:
        log: RunLog = _adapter().validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"run.json: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for name, value in (("chapter", log.chapter), ("tags.execution", log.tags.get("execution", ""))):
        if not re.fullmatch(r"[\w-]+", value):
            raise ValueError(f"run.json: {name}: {value!r} is not a name")
    for name, table in log.tables.items():
        if len({len(column) for column in table.values()}) > 1:
            raise ValueError(f"run.json: tables.{name}: columns of different lengths")
    return log


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(RunLog)


def _inside(folder: Path, path: str) -> Path:
    """A file of the run, which must not be elsewhere."""
    file = folder / path
    if not file.resolve().is_relative_to(folder.resolve()):
        raise OSError(f"{path}: not a file of this run")
    return file


def pixels(path: Path) -> Any:
    """The picture in RGB, decoded completely."""
    from PIL import Image

    with Image.open(path, formats=PICTURES) as picture:
        return picture.convert("RGB")


def set_aside(folder: Path, error: Exception) -> None:
    """Move an entry to .tracking/rejected, with the reason beside it."""
    why = reason(error).replace(f"{folder}/", "")
    target = rejected() / folder.name
    try:
        rejected().mkdir(exist_ok=True)
        if target.exists():
            target = target.with_name(f"{folder.name}-{time.time_ns()}")
        _move(folder, target)
        target.with_name(f"{target.name}.reason").write_text(f"{why}\n", encoding="utf-8")
    except OSError as failed:
        print(f"warning: {folder} cannot be sent ({why}) and cannot be set aside: {failed}", file=sys.stderr)
    else:
        print(f"warning: a run cannot be sent, now in {rejected().name}/{target.name}: {why}", file=sys.stderr)


def _move(folder: Path, target: Path) -> None:
    try:
        folder.replace(target)
    except PermissionError:  # a folder without the right to write changes its parent only with that right
        folder.chmod(0o700)
        folder.replace(target)


def aside() -> dict[str, str]:
    """Reasons of what was set aside, by name."""
    reasons = {}
    for path in sorted(rejected().glob("*")):
        if path.suffix != ".reason":
            note = path.with_name(f"{path.name}.reason")
            reasons[path.name] = note.read_text(encoding="utf-8").strip() if note.is_file() else "no reason noted"
    return reasons


def put_back() -> int:
    """Move what was set aside back into the outbox; returns how many entries."""
    names = list(aside())
    for name in names:
        _move(rejected() / name, outbox() / name)
        (rejected() / f"{name}.reason").unlink(missing_ok=True)
    return len(names)


# ---- Sent runs -------------------------------------------------------------------------------------------------------


def _records() -> Path:
    return project_root() / ".tracking" / "sent"


def _deleted() -> Path:
    return project_root() / ".tracking" / "deleted"


def remove(folder: Path, log: RunLog) -> None:
    """Take a sent run out of the outbox: keep its values, rename it, then delete it."""
    with suppress(OSError):  # a full disk costs the record only
        keep(log)
    _deleted().mkdir(exist_ok=True)
    folder.replace(_deleted() / folder.name)
    sweep()


def keep(log: RunLog) -> None:
    """Keep the values of a sent run, without its files, so that it can be sent to another store."""
    _records().mkdir(exist_ok=True)
    path = _records() / f"{log.tags['execution']}.json.gz"
    values = asdict(replace(log, artifacts=[], images=[], models=[]))
    draft = path.with_suffix(".tmp")
    draft.write_bytes(gzip.compress(json.dumps(values).encode()))
    draft.replace(path)
    for old in sorted(_records().glob("*.json.gz"), key=lambda kept: kept.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)


def kept() -> dict[str, Path]:
    """Records of sent runs, by execution."""
    return {path.name.removesuffix(".json.gz"): path for path in _records().glob("*.json.gz")}


def from_record(path: Path) -> RunLog:
    """A sent run from its record."""
    log = parsed(json.loads(gzip.decompress(path.read_bytes())))
    return replace(log, tags={**log.tags, "resent": "values without files"})


def sweep() -> None:
    """Delete sent runs, and drafts that a killed stage left a day ago."""
    shutil.rmtree(_deleted(), ignore_errors=True)
    for draft in [*outbox().glob(".*"), *live().glob(".*")]:
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > DAY:
                shutil.rmtree(draft, ignore_errors=True)


def on_record() -> set[str]:
    """Executions of the stages' run records that are not waiting or set aside."""
    found = set()
    for path in (project_root() / "runs").glob("*/*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            found.add(str(json.loads(path.read_text(encoding="utf-8"))["execution"]))
    unsent = [*waiting(), *rejected().glob("*")]
    return {execution for execution in found if not any(path.name.endswith(execution) for path in unsent)}
