"""Render faces for pre-training, as no data set of faces may be redistributed (the talk uses CelebA-HQ, slide 41)."""

import sys

from latentspace.gan.inputs import load_frozen
from latentspace.images import labelled
from latentspace.nn import distributed
from latentspace.pipeline.stage import stage
from latentspace.pretraining import faces
from latentspace.pretraining.params import Faces


def main(name: str) -> None:
    with stage(__file__, name) as run:
        device = distributed.start(run.read_value("device")).device
        generator = load_frozen(run.input(f"data/teacher/{name}.safetensors"))
        data = faces.make(run.read(Faces, f"gan_faces.{name}"), generator, device)
        path = run.output(f"data/{name}.npz")
        labelled.save(data, path)
        run.dataset(name, path)
        run.record(faces.experiment(data))


if __name__ == "__main__":
    main(sys.argv[1])
