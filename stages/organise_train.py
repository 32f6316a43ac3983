"""Train the PCA autoencoder, a variant of it or a baseline, with all seeds in parallel (slides 31-39, 48)."""

import sys

from latentspace.organise.params import Variant
from latentspace.organise.train import train_and_record
from latentspace.pca.settings import Network
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import stage


def main(name: str) -> None:
    with stage(__file__, name) as run:
        network = run.read(Network, "organise_train.network")
        training = run.read(Training, "organise_train.training")
        variant = run.read(Variant, f"organise_train.variants.{name}")
        train_and_record(run, name, network, training, variant)


if __name__ == "__main__":
    main(sys.argv[1])
