"""Runs of stages, written to an outbox on disk; MLflow, which takes seconds to import, is not needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from latentspace.pipeline.tracking import live, paths
from latentspace.pipeline.tracking.paths import outbox
from latentspace.pipeline.tracking.sender import Process, process, sender_is_running, start_sender

# Trainings whose network MLflow also stores as a model. They are few, as an export takes as long as a small training;
# the network files of all trainings are artifacts of their runs.
EXPORTED = {
    "size_train@bias",
    "position_train_decoder",
    "organise_train@pca_ae",
    "gan_train@avatars",
    "gan_pretrain@avatars",
    "gan_pretrain@faces",
}


@dataclass
class RunLog:
    """Record of one execution of a stage, in plain values and paths, so that it can be written as JSON."""

    stage: str
    chapter: str
    started: float = field(default_factory=time.time)
    ended: float = 0.0
    failed: bool = False
    description: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curves: list[tuple[str, int, float]] = field(default_factory=list)
    artifacts: list[tuple[str, str]] = field(default_factory=list)  # (path, folder in the run)
    images: list[tuple[str, int, str]] = field(default_factory=list)  # (key, step, path)
    tables: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    datasets: list[tuple[str, str, str]] = field(default_factory=list)  # (name, digest, path)
    models: list[tuple[str, str, list[Any]]] = field(default_factory=list)  # (name, path, example batch)


def announce(log: RunLog, checkpoints: Path) -> None:
    """Let a run appear in MLflow now that its stage begins; its trainings then publish points and pictures (live.py).

    If the disk is full, the run appears when it is posted.

    Args:
        log: the run, which gets the tags that `post` needs to end it.
        checkpoints: folder of the checkpoints of its trainings.
    """
    if os.environ.get("RANK", "0") != "0":
        return
    log.tags = {**git_tags(), **log.tags, "execution": uuid.uuid4().hex}
    folder = paths.live() / log.tags["execution"]
    draft = folder.with_name(f".{folder.name}")
    try:
        for part in ("curves", "images"):
            (draft / part).mkdir(parents=True)
        own = process(os.getpid()) or Process(os.getpid(), "")
        (draft / "run.json").write_text(json.dumps({"process": asdict(own), "log": asdict(log)}), encoding="utf-8")
        draft.replace(folder)
        os.environ |= {live.FOLDER: str(folder.absolute()), live.ROOT: str(checkpoints.absolute())}
        if not sender_is_running():
            start_sender()
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)


def post(log: RunLog) -> dict[str, str]:
    """Put a run into the outbox atomically, and start a sender if none is running.

    If the disk is full, the run is lost after a warning, but the stage succeeds, as its results are already written.

    Returns:
        The run record ``{"stage", "chapter", "execution"}``; ``execution`` is a tag of the run in MLflow.
    """
    execution = log.tags.get("execution") or uuid.uuid4().hex
    log.ended = time.time()
    log.tags = {**({} if "execution" in log.tags else git_tags()), **log.tags, "execution": execution}
    os.environ.pop(live.FOLDER, None)
    draft = outbox() / f".{execution}"
    try:
        _put(log, draft)
        _flush(draft)
        draft.replace(outbox() / f"{int(log.ended * 1e6):020d}-{execution}")
        _flush(outbox())
        if not sender_is_running():
            start_sender()
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        print(f"warning: {log.stage}: no run for MLflow, the outbox cannot be written: {error}", file=sys.stderr)
    return {"stage": log.stage, "chapter": log.chapter, "execution": execution}


def _put(log: RunLog, draft: Path) -> None:
    """Write a run and its attached files into the folder `draft`."""
    draft.mkdir(parents=True)
    # Copied, as DVC may remove the working directory of the stage; numbered, as two files may have the same name.
    log.artifacts = [(_copy(path, draft / f"artifact_{i}"), folder) for i, (path, folder) in enumerate(log.artifacts)]
    log.images = [(key, n, _copy(path, draft / f"image_{i}")) for i, (key, n, path) in enumerate(log.images)]
    log.models = [(name, _copy(path, draft / f"model_{i}"), x) for i, (name, path, x) in enumerate(log.models)]
    (draft / "run.json").write_text(json.dumps(asdict(log)), encoding="utf-8")


def _flush(folder: Path) -> None:
    """Write a folder and, unless it is the outbox, all files in it to the disk, so that a power cut leaves no part."""
    below = [] if folder == outbox() else sorted(folder.rglob("*"))
    for path in [*below, folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _copy(path: str, folder: Path) -> str:
    folder.mkdir()
    shutil.copy(path, folder)
    return f"{folder.name}/{Path(path).name}"


def git_tags() -> dict[str, str]:
    """Commit, dirty flag and DVC experiment name of the running code; empty outside git."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], capture_output=True, encoding="utf-8", errors="replace", check=True
        ).stdout.strip()

    try:
        tags = {"git.commit": git("rev-parse", "HEAD"), "git.dirty": str(bool(git("status", "--porcelain"))).lower()}
    except (OSError, subprocess.CalledProcessError):
        tags = {}
    if name := os.environ.get("DVC_EXP_NAME"):
        tags["dvc.experiment"] = name
    return tags
