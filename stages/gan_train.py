"""Train PCA autoencoders on neighbourhoods of a generator, all of a variant side by side (slides 43-44, eq. 16)."""

import sys

from latentspace.core.params import Training
from latentspace.core.stage import stage
from latentspace.gan.params import Sizes, Variant
from latentspace.gan.training import train_and_record


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        train_and_record(
            run,
            run.read(Sizes, "gan_train.images"),
            run.read(Training, "gan_train.training"),
            run.read(Variant, f"gan_train.variants.{variant}"),
            run.input("models/gan/generator"),
            f"models/gan/{variant}",
        )


if __name__ == "__main__":
    main(sys.argv[1])
