"""Check all of params.yaml first, so that a wrong value stops the pipeline before any output is deleted.

DVC deletes the outputs of a stage before it runs the command. Every root stage depends on the constant output of this
one, so a mistake stops the pipeline here, and a valid edit reruns only the stages that read the changed values.
"""

from latentspace.pipeline.checked import check
from latentspace.schema import read_params


def main() -> None:
    check(read_params)


if __name__ == "__main__":
    main()
