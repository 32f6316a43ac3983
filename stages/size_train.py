"""Train one variant of the shape autoencoder on disks, with all seeds in parallel (slides 8-11, 13, 14)."""

import sys

from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import stage
from latentspace.size.params import Network, Variant
from latentspace.size.train import train_and_record


def main(name: str) -> None:
    with stage(__file__, name) as run:
        network = run.read(Network, "size_train.network")
        training = run.read(Training, "size_train.training")
        variant = run.read(Variant, f"size_train.variants.{name}")
        train_and_record(run, "data/size/disks.npz", network, training, variant, f"models/size/{name}")


if __name__ == "__main__":
    main(sys.argv[1])
