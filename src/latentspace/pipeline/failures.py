"""How a command of the pipeline fails: in one line that says the cause, or with a traceback if its code is wrong."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from latentspace.pipeline.params import ParamsError, shortened

# What data, parameters and the machine cause. torch raises RuntimeError for tensors that are impossible or too large.
CAUSED_OUTSIDE = (ValueError, OSError, MemoryError, OverflowError, RuntimeError)
NO_MEMORY = re.compile(r"(not enough|out of|can't allocate|cannot allocate) memory", re.IGNORECASE)


class DeclarationError(RuntimeError):
    """The code of a stage does not do what dvc.yaml declares; never caused by the user's values."""


@contextmanager
def one_line(name: str, after_interrupt: str = "") -> Iterator[None]:
    """End the program with one line on stderr if the block fails for a cause outside its code, or at Ctrl-C.

    Args:
        name: of the command or stage, with which the line begins.
        after_interrupt: what the user can do after Ctrl-C, as an addition to that line.

    Raises:
        SystemExit: after the line was printed, with status 1, after Ctrl-C 130.
        DeclarationError: as is; all other errors too if the variable LATENTSPACE_TRACEBACK is set.
    """
    make_printable(sys.stdout, sys.stderr)
    try:
        yield
    except DeclarationError:
        raise
    except CAUSED_OUTSIDE as error:
        if os.environ.get("LATENTSPACE_TRACEBACK"):
            raise
        print(f"error: {name}: {reason(error)}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print(f"interrupted: {name}{after_interrupt}", file=sys.stderr)
        raise SystemExit(130) from None


def reason(error: BaseException) -> str:
    """The cause in one line; mistakes in params.yaml have one line each."""
    text = str(error) if isinstance(error, ParamsError) else shortened(str(error), 1000)
    if isinstance(error, MemoryError) or NO_MEMORY.search(text):
        detail = f" ({text})" if text else ""
        return f"not enough memory{detail}; smaller images, batches or widths in params.yaml need less"
    if isinstance(error, RuntimeError | OverflowError):  # the words of a library, which may not say where
        return f"{text or type(error).__name__}; LATENTSPACE_TRACEBACK=1 shows where"
    return text or type(error).__name__


def make_printable(*streams: object) -> None:
    """Let streams replace characters that their encoding lacks by escapes, such as ≤ in Latin-1."""
    for stream in streams:
        if reconfigure := getattr(stream, "reconfigure", None):  # pytest and notebooks have streams of their own
            reconfigure(errors="backslashreplace")
