"""Show the filters (slide 12: hard to interpret), and the effective filter of a linear encoder (slide 13)."""

from latentspace.images import scaled
from latentspace.nn.models import load_variants
from latentspace.pipeline.stage import stage
from latentspace.size import weights
from latentspace.size.network import ShapeAutoencoder


def main() -> None:
    with stage(__file__) as run:
        folders = run.available({name: f"models/size/{name}" for name in weights.VARIANTS}, "size_train.names")
        networks = load_variants(folders, run.seeds, ShapeAutoencoder)
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(weights.experiment(networks, data))


if __name__ == "__main__":
    main()
