"""Check the whole of params.yaml first, so that a wrong value stops the pipeline with all outputs intact.

DVC deletes a stage's outputs before it runs its command; every root stage depends on this one's constant output, so a
mistake stops here, and a valid edit reruns only what reads it.
"""

import sys
from pathlib import Path

from latentspace.core.files import write_text
from latentspace.core.params import ParamsError
from latentspace.params import read_params


def main() -> None:
    try:
        read_params(Path("params.yaml"))
    except ParamsError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    write_text(Path("data/params.ok"), "params.yaml is well formed\n")


if __name__ == "__main__":
    main()
