"""Train the shape autoencoder on one scaled silhouette, with or without biases, all seeds in parallel (slide 20)."""

import sys

from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import stage
from latentspace.size.params import Network, Variant
from latentspace.size.train import train_and_record


def main(silhouette: str, name: str) -> None:
    with stage(__file__, f"{silhouette}-{name}") as run:
        network = run.read(Network, "size_train.network")
        training = run.read(Training, "size_train_silhouette.training")
        variant = run.read(Variant, f"size_train_silhouette.variants.{name}")
        data, models = f"data/size/silhouettes/{silhouette}.npz", f"models/size_silhouette/{silhouette}-{name}"
        train_and_record(run, data, network, training, variant, models)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
