"""What `make repro` does: Ctrl-C ends it with one line and leaves no process behind.

    python -m latentspace.repro [TARGET ...]

A terminal sends Ctrl-C to all processes of the command that it shows. DVC may be writing dvc.lock at that moment, and
each of the others would print a traceback. So what is started here has a process group of its own, which Ctrl-C does
not reach, and is ended when DVC waits for a stage: trainings go on from their checkpoints the next time.
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

from latentspace import locks

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FROM_TERMINAL = 0x80  # SI_KERNEL: no process sent this signal; a Ctrl-C
PATIENCE = 15.0  # seconds between two stages after which DVC is ended all the same
STEPS = (
    (sys.executable, "stages/check.py"),  # DVC takes six lines to say that params.yaml is malformed
    ("dvc", "repro"),
    (sys.executable, "-m", "latentspace.tracking"),
)


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or a closed terminal, after everything that was started has ended."""

    def __init__(self, received: signal.struct_siginfo) -> None:
        super().__init__("interrupted")
        self.received = received

    @property
    def status(self) -> int:
        """Exit status: 128 and the signal's number; 0 below a make that Ctrl-C ends as well, or it would add a line."""
        if "MAKELEVEL" in os.environ and self.received.si_code == FROM_TERMINAL:
            return 0
        return 128 + self.received.si_signo


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
    """Run a command in a process that has nothing else to do: the signals that end it stay blocked afterwards.

    Returns:
        Its exit status.

    Raises:
        Interrupted: on one of these signals, when the command and all below it have ended.
    """
    # What is ignored already, as below `nohup`, stays ignored.
    watched = {number for number in (*ENDS, signal.SIGTSTP) if signal.getsignal(number) is not signal.SIG_IGN}
    watched.add(signal.SIGCHLD)
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    process = subprocess.Popen(command, cwd=folder, env=environment, process_group=0, preexec_fn=_begin)
    while process.poll() is None:
        received = signal.sigwaitinfo(watched)
        if received.si_signo == signal.SIGTSTP:
            _pause(process)
        elif received.si_signo in ENDS:
            end(process, PATIENCE if command[0] == "dvc" else 0)
            raise Interrupted(received)
    return process.returncode


def _begin() -> None:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # may print from the background after `stty tostop`
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # it would be inherited


def _pause(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-Z: stop until `fg` or `bg`, as everything would in one group."""
    os.killpg(process.pid, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
    os.killpg(process.pid, signal.SIGCONT)


def end(process: subprocess.Popen[bytes], patience: float) -> None:
    """Kill a command and all below it as soon as it waits for a stage, at the latest when `patience` is over."""
    deadline = time.monotonic() + patience
    while process.poll() is None and not _waits(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    family = _below(process.pid)
    with suppress(ProcessLookupError):
        process.kill()  # before its stage, of whose end it would tell
        os.killpg(process.pid, signal.SIGKILL)
    for other in family:  # torchrun gives each of its processes a group
        if not _sends(other):
            with suppress(psutil.NoSuchProcess):
                other.kill()
    process.wait()


def _below(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def _waits(dvc: int) -> bool:
    """Whether a stage runs: DVC then writes nothing."""
    for process in _below(dvc):
        with suppress(psutil.Error):
            if process.ppid() == dvc and "DVC_STAGE" in process.environ():
                return True
    return False


def _sends(process: psutil.Process) -> bool:
    """Whether this is the background sender, which ends by itself when everything is sent."""
    with suppress(psutil.Error):
        return process.cmdline()[1:] == ["-m", "latentspace.tracking", "--background"]
    return False


def in_turn(commands: Iterable[Sequence[str]], folder: Path, environment: Mapping[str, str], name: str) -> int:
    """Run commands until one fails or is interrupted; of that it tells in one line what goes on: `name`.

    Returns:
        The exit status of the last.
    """
    try:
        return next(filter(None, (run(command, folder, environment) for command in commands)), 0)
    except Interrupted as interrupted:
        below = "\n" if sys.stderr.isatty() else ""  # the line holds ^C or a progress bar
        print(f"{below}interrupted; {name} goes on from the last checkpoint", file=sys.stderr)
        return interrupted.status


def main(targets: Sequence[str]) -> int:
    """Mend DVC's locks, check params.yaml, run what changed and send what waits; returns the exit status."""
    locks.main()
    check, repro, tracking = STEPS
    return in_turn((check, (*repro, *targets), tracking), Path.cwd(), os.environ, "make repro")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
