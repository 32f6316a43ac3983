"""Train PCA autoencoders, and affine lines, about a face (slides 43-44, eq. 16)."""

import sys

from latentspace.gan.params import Sizes, Variant
from latentspace.gan.train import train_and_record
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import stage


def main(name: str) -> None:
    with stage(__file__, name) as run:
        sizes = run.read(Sizes, "gan_photos_train.images")
        training = run.read(Training, "gan_photos_train.training")
        hidden = run.read_value("gan_photos_train.hidden")
        variant = run.read(Variant, f"gan_photos_train.variants.{name}")
        train_and_record(run, sizes, training, hidden, variant, f"models/gan/{name}")


if __name__ == "__main__":
    main(sys.argv[1])
