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
        if not holes:
            run.leave_out({"hole": "no variant of size_train has a hole"})
        folders = run.available({name: f"models/size/{name}" for name in holes}, "size_train.names")
        networks = load_variants(folders, run.seeds, ShapeAutoencoder)
        holes = {name: hole for name, hole in holes.items() if name in folders}
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(hole.experiment(networks, holes, data))


if __name__ == "__main__":
    main()
