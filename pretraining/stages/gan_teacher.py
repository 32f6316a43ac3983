"""Download the files of the generator that renders the faces: 38 MB from the package index, checked by digest."""

from latentspace.pipeline.stage import stage
from latentspace.pretraining import faces


def main() -> None:
    with stage(__file__) as run:
        folder = run.output("data/teacher")
        faces.download(folder)
        run.say(f"{len(faces.FILES)} files of {faces.PACKAGE}")


if __name__ == "__main__":
    main()
