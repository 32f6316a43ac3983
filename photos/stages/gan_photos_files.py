"""Download the files of a 1024² generator of faces: 38 MB from the package index, checked by digest."""

from latentspace.pipeline.stage import stage
from latentspace.pretraining import faces


def main() -> None:
    with stage(__file__) as run:
        folder = run.output("data/files")
        faces.download(folder)
        run.say(f"{len(faces.FILES)} files of {faces.PACKAGE}; research use only")


if __name__ == "__main__":
    main()
