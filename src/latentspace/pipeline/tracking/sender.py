"""Start the background process that empties the outbox, and test whether one is running."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from latentspace.pipeline.tracking.paths import project_root

started: list[subprocess.Popen[bytes]] = []  # Python warns of one that is collected while its process runs


def sender_is_running() -> bool:
    """Whether a sender holds the lock; it checks the outbox once more after releasing it."""
    try:
        with FileLock(project_root() / ".tracking" / "sender.lock", timeout=0):
            return False
    except Timeout:
        return True


@dataclass(frozen=True)
class Process:
    """A process, identified by its number and its start time, as the system reuses numbers."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether it is still running; a zombie is not."""
        return process(self.pid) == self


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name; the first two are the state and the parent's number."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def process(pid: int) -> Process | None:
    """The running process with this number, or None."""
    try:
        fields = _stat(pid)
    except OSError:
        return None
    return None if fields[0] in "ZX" else Process(pid, fields[19])


def run_of_stages() -> Process | None:
    """The `dvc` process that executes this stage: the nearest ancestor without DVC_STAGE in its environment."""
    pid = os.getpid()
    try:
        while pid > 1 and b"\0DVC_STAGE=" in b"\0" + Path(f"/proc/{pid}/environ").read_bytes():
            pid = int(_stat(pid)[1])
    except OSError:  # it belongs to another user, or has ended
        return None
    return process(pid) if pid not in {1, os.getpid()} else None


def start_sender() -> None:
    """Start a background sender for the `dvc` process of this stage; it ends at once if another is running."""
    log, run = project_root() / ".tracking" / "sender.log", run_of_stages()
    with log.open("a", encoding="utf-8") as stream:
        started.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "latentspace.pipeline.tracking",
                    "--background",
                    *([str(run.pid)] if run else []),
                ],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=project_root(),  # the working directory of the stage may be a temporary one
                start_new_session=True,
            )
        )
