"""Check all of params.yaml first, so that a wrong value stops the pipeline before any output is deleted.

DVC deletes the outputs of a stage before it runs the command. Every root stage depends on the constant output of this
one, so a mistake stops the pipeline here, and a valid edit reruns only the stages that read the changed values.
"""

import sys
from pathlib import Path

from latentspace.pipeline.failures import one_line
from latentspace.pipeline.files import write_text
from latentspace.pipeline.params import ParamsError
from latentspace.schema import read_params


def main() -> None:
    with one_line("check"):
        try:
            read_params(Path("params.yaml"))
        except ParamsError as error:  # its lines begin with the name of the file
            print(error, file=sys.stderr)
            raise SystemExit(1) from None
        write_text(Path("data/params.ok"), "params.yaml is well formed\n")


if __name__ == "__main__":
    main()
