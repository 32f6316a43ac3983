"""The first stage of every graph, which refuses a wrong params.yaml before any output is deleted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from latentspace.pipeline.failures import one_line
from latentspace.pipeline.files import write_text
from latentspace.pipeline.params import ParamsError


def check(read: Callable[[Path], object]) -> None:
    """Read params.yaml, then write the output on which the other stages depend.

    Args:
        read: reads and checks all sections; raises ParamsError.

    Raises:
        SystemExit: with status 1, after one line per mistake was printed.
    """
    with one_line("check"):
        try:
            read(Path("params.yaml"))
        except ParamsError as error:  # its lines begin with the name of the file
            print(error, file=sys.stderr)
            raise SystemExit(1) from None
        write_text(Path("data/params.ok"), "params.yaml is well formed\n")
