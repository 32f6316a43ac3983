"""Compare the reader of OpenVINO's files with OpenVINO, layer by layer."""

from latentspace.photos import reader
from latentspace.photos.params import Reader
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Reader, "gan_photos_reader")
        run.record(reader.experiment(run.input("data/files"), section.seed))


if __name__ == "__main__":
    main()
