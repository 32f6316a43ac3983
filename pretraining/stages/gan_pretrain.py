"""Train a progressive GAN on one data set and write its averaged generator to products/ (slides 40-41)."""

import sys

from latentspace.pipeline.stage import stage
from latentspace.pretraining.product import train_and_record
from latentspace.pretraining.recipe import Recipe, Source


def main(name: str) -> None:
    with stage(__file__, name) as run:
        source = run.read(Source, f"gan_pretrain.sources.{name}")
        recipe = run.read(Recipe, "gan_pretrain.recipe")
        train_and_record(run, name, recipe, source, run.seeds[0])


if __name__ == "__main__":
    main(sys.argv[1])
