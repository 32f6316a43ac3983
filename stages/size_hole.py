"""Compare regularisers by the errors at radii left out of training (slide 20, generalisation)."""

from latentspace.images import scaled
from latentspace.nn.models import load_variants
from latentspace.pipeline.stage import stage
from latentspace.size import hole
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.params import TrainDisks


def main() -> None:
    with stage(__file__) as run:
        holes = hole.holes(run.read(TrainDisks, "size_train"))
        networks = load_variants(run.inputs("models/size", holes), run.seeds, ShapeAutoencoder)
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(hole.experiment(networks, holes, data))


if __name__ == "__main__":
    main()
