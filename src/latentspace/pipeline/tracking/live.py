"""Points and pictures of a training that runs, written to files that the sender reads every few seconds.

They are for MLflow's page only: nothing here changes a result, and no failure here ends a training. Only stages
announce a run; without one, as in a notebook, nothing is written.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

FOLDER = "LATENTSPACE_LIVE"  # environment variable with the folder of the announced run
ROOT = "LATENTSPACE_LIVE_CHECKPOINTS"  # and with that of its checkpoints, whose folders name its trainings
SECONDS = 4.0  # without a row, after which a point between rows is written


@runtime_checkable
class Number(Protocol):
    """A tensor of one number."""

    def item(self) -> float:
        """The number."""


class Curve:
    """The curve of one training, row by row.

    Args:
        checkpoints: folder of the training's checkpoints, below that of the run; None for none.
        history: the rows so far, which the training extends.
    """

    def __init__(self, checkpoints: Path | None, history: Sequence[Mapping[str, float]]) -> None:
        self.history, self.written, self.last = history, 0, time.monotonic()
        self.place = _place(checkpoints)
        self._write_rows()

    def follow(self, step: int, losses: Mapping[str, Number]) -> None:
        """Write the new rows; if there has been none for `SECONDS`, the losses of this step instead."""
        if self.place is None:
            return
        if len(self.history) > self.written:
            self._write_rows()
        elif time.monotonic() - self.last > SECONDS:
            self._write([{"step": float(step), **{name: value.item() for name, value in losses.items()}}])

    def _write_rows(self) -> None:
        rows = self.history[self.written :]
        self.written = len(self.history)
        self._write(rows)

    def _write(self, rows: Sequence[Mapping[str, float]]) -> None:
        if self.place is None or not rows:
            return
        folder, name, phase = self.place
        self.last = time.monotonic()
        stamp = {"phase": phase, "time": time.time()}
        lines = "".join(json.dumps({**stamp, **row}) + "\n" for row in rows)
        try:
            with (folder / "curves" / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            self.place = None
            _warn(error)


def picture(checkpoints: Path | None, step: int, draw: Callable[[], Any]) -> None:
    """Write a picture of the training with these checkpoints.

    Args:
        checkpoints: folder of the training's checkpoints, below that of the run; None for none.
        step: place of the picture among those of its kind.
        draw: makes the picture, bytes of shape (height, width, 3), or None for none; not called if no run is announced.
    """
    place = _place(checkpoints)
    if place is None:
        return
    folder, name, phase = place
    try:
        pixels = draw()
        if pixels is not None:
            _save(folder / "images" / name / phase / f"{step}.png", pixels)
    except Exception as error:
        _warn(error)


def _save(path: Path, pixels: Any) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    Image.fromarray(pixels).save(draft)
    draft.replace(path)


def _place(checkpoints: Path | None) -> tuple[Path, str, str] | None:
    """Folder of the announced run, and name and phase of a training: its folder below that of the run's checkpoints."""
    folder, root = os.environ.get(FOLDER), os.environ.get(ROOT)
    if checkpoints is None or not folder or not root or os.environ.get("RANK", "0") != "0":
        return None
    with suppress(ValueError):
        name, *phases = checkpoints.absolute().relative_to(root).parts or ("seed_0",)
        return Path(folder), name, "/".join(phases)
    return None


def _warn(error: Exception) -> None:
    print(
        f"warning: MLflow does not show this training while it runs: {type(error).__name__}: {error}", file=sys.stderr
    )
