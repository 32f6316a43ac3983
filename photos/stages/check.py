"""Check all of params.yaml first, so that a wrong value stops the pipeline before a shell reads `launch` or a name."""

import sys
from pathlib import Path

from latentspace.photos.params import Params
from latentspace.pipeline.failures import one_line
from latentspace.pipeline.files import write_text
from latentspace.pipeline.params import ParamsError, parse, read_yaml


def main() -> None:
    with one_line("check"):
        try:
            parse(Params, read_yaml(Path("params.yaml")))
        except ParamsError as error:  # its lines begin with the name of the file
            print(error, file=sys.stderr)
            raise SystemExit(1) from None
        write_text(Path("data/params.ok"), "params.yaml is well formed\n")


if __name__ == "__main__":
    main()
