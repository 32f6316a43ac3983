"""Remove the biases: profiles of disks and outputs (slide 14), homogeneity of the decoder (slide 15, eq. 2)."""

from latentspace.images import scaled
from latentspace.nn.models import load_seeds
from latentspace.pipeline.stage import stage
from latentspace.size import ablation
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.params import TrainDisks


def main() -> None:
    with stage(__file__) as run:
        folders = run.available({name: f"models/size/{name}" for name in ablation.VARIANTS}, "size_train.names")
        variants, seeds = run.read(TrainDisks, "size_train").variants, run.seeds
        networks = {
            name: load_seeds(folder, variants[name].seeds_of(seeds), ShapeAutoencoder)
            for name, folder in folders.items()
        }
        data = scaled.load(run.input("data/size/disks.npz"))
        run.record(ablation.experiment(networks, data))


if __name__ == "__main__":
    main()
