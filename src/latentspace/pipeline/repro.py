"""The command behind `make repro`: Ctrl-C ends it with one line and leaves no process behind.

    python -m latentspace.pipeline.repro [TARGET ...]

A terminal sends Ctrl-C to all processes of its foreground command. DVC may be writing dvc.lock at that moment, and
every other process would print a traceback. The commands started here therefore run in a process group of their own,
which Ctrl-C does not reach. They are killed while DVC waits for a stage; trainings later resume from their checkpoints.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from latentspace.pipeline import locks

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


FROM_TERMINAL = 0x80  # SI_KERNEL: the kernel sent the signal, as for Ctrl-C


PATIENCE = 15.0  # seconds without a stage after which DVC is killed anyway


STEPS = (
    (sys.executable, "stages/check.py"),  # prints one line for a mistake, DVC six
    ("dvc", "repro"),
    (sys.executable, "-m", "latentspace.pipeline.tracking", "--exit-zero"),  # the results are complete without it
)


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or a closed terminal; raised after all processes started here have ended."""

    def __init__(self, received: signal.struct_siginfo) -> None:
        super().__init__("interrupted")
        self.received = received

    @property
    def status(self) -> int:
        """128 + the signal's number; 0 under a make that Ctrl-C also ends, as make would print another line."""
        if "MAKELEVEL" in os.environ and self.received.si_code == FROM_TERMINAL:
            return 0
        return 128 + self.received.si_signo


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
    """Run a command; the signals in `ENDS` stay blocked in this process afterwards.

    Returns:
        The command's exit status.

    Raises:
        Interrupted: on one of these signals, after the command and its descendants have ended.
    """
    # A signal that is already ignored, as under `nohup`, stays ignored.
    watched = {number for number in (*ENDS, signal.SIGTSTP) if signal.getsignal(number) is not signal.SIG_IGN}
    watched.add(signal.SIGCHLD)
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    process = subprocess.Popen(command, cwd=folder, env=environment, process_group=0, preexec_fn=_reset_signals)
    while process.poll() is None:
        received = signal.sigwaitinfo(watched)
        if received.si_signo == signal.SIGTSTP:
            _pause(process)
        elif received.si_signo in ENDS:
            end(process, PATIENCE if command[0] == "dvc" else 0)
            raise Interrupted(received)
    return process.returncode


def _reset_signals() -> None:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # so that it can print from the background after `stty tostop`
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the command would inherit the mask


def _pause(process: subprocess.Popen[bytes]) -> None:
    """Handle Ctrl-Z: stop until `fg` or `bg`, as a command in a single process group does."""
    os.killpg(process.pid, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
    os.killpg(process.pid, signal.SIGCONT)


def end(process: subprocess.Popen[bytes], patience: float) -> None:
    """Kill a command and its descendants as soon as it waits for a stage, at the latest after `patience` seconds."""
    deadline = time.monotonic() + patience
    while process.poll() is None and not _waits(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    family = _below(process.pid)
    with suppress(ProcessLookupError):
        process.kill()  # DVC before its stage: it would report that the stage failed
        os.killpg(process.pid, signal.SIGKILL)
    for other in family:  # torchrun gives each of its processes its own group
        if not _sends(other):
            with suppress(psutil.NoSuchProcess):
                other.kill()
    process.wait()


def _below(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def _waits(dvc: int) -> bool:
    """Whether a stage is running, during which DVC writes nothing."""
    for process in _below(dvc):
        with suppress(psutil.Error):
            if process.ppid() == dvc and "DVC_STAGE" in process.environ():
                return True
    return False


def _sends(process: psutil.Process) -> bool:
    """Whether this is the background sender of runs, which ends by itself after sending everything."""
    with suppress(psutil.Error):
        return process.cmdline()[1:4] == ["-m", "latentspace.pipeline.tracking", "--background"]
    return False


def in_turn(commands: Iterable[Sequence[str]], folder: Path, environment: Mapping[str, str], name: str) -> int:
    """Run commands until one fails; on an interrupt, print one line naming the command to resume with, `name`.

    Returns:
        The first exit status that is not 0, otherwise 0.
    """
    try:
        return next(filter(None, (run(command, folder, environment) for command in commands)), 0)
    except Interrupted as interrupted:
        below = "\n" if sys.stderr.isatty() else ""  # the current line shows ^C or a progress bar
        print(f"{below}interrupted; {name} resumes from the last checkpoint", file=sys.stderr)
        return interrupted.status


def main(targets: Sequence[str]) -> int:
    """Check DVC's lock file and params.yaml, run stale stages, send the waiting runs; returns the exit status."""
    locks.main()
    check, repro, tracking = STEPS
    return in_turn((check, (*repro, *targets), tracking), Path.cwd(), os.environ, "make repro")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
