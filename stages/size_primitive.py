"""Fit a scaled and thresholded primitive, clip(h(r) f − t, 0, 1), to the decoder with biases (slide 19)."""

from latentspace.images import scaled
from latentspace.nn.models import load_seeds
from latentspace.pipeline.stage import stage
from latentspace.size import primitive
from latentspace.size.network import ShapeAutoencoder


def main() -> None:
    with stage(__file__) as run:
        folders = run.available({primitive.VARIANT: f"models/size/{primitive.VARIANT}"}, "size_train.names")
        networks = load_seeds(folders[primitive.VARIANT], run.seeds, ShapeAutoencoder)
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(primitive.experiment(networks, data))


if __name__ == "__main__":
    main()
