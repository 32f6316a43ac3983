"""Check all of params.yaml first, so that a wrong value stops the pipeline before a shell reads `launch` or a name."""

from latentspace.pipeline.checked import check
from latentspace.pipeline.params import parse, read_yaml
from latentspace.pretraining.params import Params


def main() -> None:
    check(lambda path: parse(Params, read_yaml(path)))


if __name__ == "__main__":
    main()
