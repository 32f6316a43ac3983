"""Train one variant of the PCA autoencoder on translated disks, by packets (slide 48)."""

import sys

from latentspace.core.params import Training
from latentspace.core.stage import stage
from latentspace.organise.params import Network, Variant
from latentspace.organise.training import train_and_record


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        train_and_record(
            run,
            "data/organise/disks.npz",
            run.read(Network, "organise_train.network"),
            run.read(Training, "organise_train.training"),
            run.read(Variant, f"organise_train_disks.variants.{variant}"),
            f"models/organise_disks/{variant}",
        )


if __name__ == "__main__":
    main(sys.argv[1])
