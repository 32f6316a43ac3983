"""Download the files of a 1024² generator of faces: 38 MB from the package index, checked by digest."""

from latentspace.photos import package
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        package.download_and_say(run)


if __name__ == "__main__":
    main()
