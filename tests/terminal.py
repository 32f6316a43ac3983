"""A terminal for tests: what Ctrl-C typed into it does to the command that runs there, and what stays alive."""

import fcntl
import os
import subprocess
import termios
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil


def _own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def typed(command, folder, environment):
    """A command whose terminal is ours; yields the process and what types. It prints into one pipe."""
    keyboard, terminal = os.openpty()
    with ExitStack() as at_the_end:
        at_the_end.callback(os.close, keyboard)  # hangs up: what still runs there is ended
        at_the_end.callback(os.close, terminal)
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_own_terminal,
        )
        at_the_end.enter_context(process.stdout)
        yield process, lambda key: os.write(keyboard, key)


def alive(folder: Path) -> list[str]:
    """Command lines of the processes that work in a folder, whatever their session; not of the background sender."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:  # it ended meanwhile
            continue
    return [line for line in found if "latentspace.pipeline.tracking --background" not in line]
