"""Render faces for pre-training, as no data set of faces may be redistributed (the talk uses CelebA-HQ, slide 41)."""

from latentspace.images import labelled
from latentspace.pipeline.stage import stage
from latentspace.pretraining import faces
from latentspace.pretraining.params import Faces


def main() -> None:
    with stage(__file__) as run:
        data, quality = faces.make(run.read(Faces, "gan_faces"), run.input("data/teacher"))
        path = run.output("data/faces.npz")
        labelled.save(data, path)
        run.dataset("faces", path)
        run.record(faces.experiment(data, quality))


if __name__ == "__main__":
    main()
