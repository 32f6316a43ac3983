"""Train the PCA autoencoder on one image set, whatever it shows: handwritten digits, or your own images."""

import sys

from latentspace.core.params import Training
from latentspace.core.stage import stage
from latentspace.organise.params import Network, Variant
from latentspace.organise.training import train_and_record


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        train_and_record(
            run,
            f"data/organise/{variant}.npz",
            run.read(Network, "organise_train.network"),
            run.read(Training, "organise_train.training"),
            run.read(Variant, f"organise_train_set.variants.{variant}"),
            f"models/organise_set/{variant}",
        )


if __name__ == "__main__":
    main(sys.argv[1])
