"""Write what variants use beside their own lines in params.yaml: content of files they name, values of their base.

It runs at every `dvc repro`, as files outside the project may change at any time. What it writes changes only when they
do, so that no other stage runs for nothing.
"""

from pathlib import Path

from latentspace.pipeline import inputs
from latentspace.pipeline.failures import one_line
from latentspace.pipeline.params import read_yaml


def main() -> None:
    with one_line("inputs"):
        inputs.write(inputs.FOLDER, inputs.contents(read_yaml(Path("params.yaml"))))


if __name__ == "__main__":
    main()
