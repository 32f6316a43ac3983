"""Download the files of the generator that renders the faces: 38 MB from the package index, checked by digest."""

from latentspace.photos import package
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        package.download(run.output("data/files"))
        run.say(f"{len(package.FILES)} files of {package.PACKAGE}; research use only")


if __name__ == "__main__":
    main()
