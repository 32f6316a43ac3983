"""Copy or convert one generator: a shipped one, a user's file, or one of the GAN zoo (slide 42)."""

import sys

from latentspace.gan import generator
from latentspace.gan.params import Source
from latentspace.pipeline.stage import stage


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        source = run.read(Source, f"gan_generator.sources.{variant}")
        target = run.output(f"models/gan/generator/{variant}/generator.safetensors")
        run.record(generator.experiment(generator.obtain(source, target)))


if __name__ == "__main__":
    main(sys.argv[1])
