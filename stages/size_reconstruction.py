"""Reconstruct disks from codes of one, two or four numbers (slides 8 and 11)."""

from latentspace.images import scaled
from latentspace.nn.models import load_variants
from latentspace.pipeline.stage import stage
from latentspace.size import reconstruction
from latentspace.size.network import ShapeAutoencoder


def main() -> None:
    with stage(__file__) as run:
        folders = run.available({name: f"models/size/{name}" for name in reconstruction.VARIANTS}, "size_train.names")
        networks = load_variants(folders, run.seeds, ShapeAutoencoder)
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(reconstruction.experiment(networks, data))


if __name__ == "__main__":
    main()
