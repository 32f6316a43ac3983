"""Compare the bias-free decoder with the numerical optimum and Airy's function (slide 18)."""

from latentspace.images import scaled
from latentspace.nn.models import load_seeds
from latentspace.pipeline.stage import stage
from latentspace.size import airy
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.params import Theory


def main() -> None:
    with stage(__file__) as run:
        folders = run.available({airy.VARIANT: f"models/size/{airy.VARIANT}"}, "size_train.names")
        networks = load_seeds(folders[airy.VARIANT], run.seeds, ShapeAutoencoder)
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(airy.experiment(networks, data, run.read(Theory, "size_theory").grid))


if __name__ == "__main__":
    main()
