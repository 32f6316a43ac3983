"""Bring one generator to where the others find it: shipped, of the user's, or of the GAN zoo (slide 42)."""

import sys

from latentspace.core import models
from latentspace.core.stage import stage
from latentspace.gan import figures, generators
from latentspace.gan.neighbourhood import drawn_anchors, render
from latentspace.gan.params import Source

ROWS, COLUMNS = 4, 12


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        source = run.read(Source, f"gan_generator.sources.{variant}")
        generator = generators.obtain(source, run.output(f"models/gan/generator/{variant}/generator.safetensors"))
        label = 0 if generator.classes else None
        latents = drawn_anchors(generator.latent, range(ROWS * COLUMNS))
        images = figures.as_shown(render(generator.fold(label), latents))
        rows = [(f"{first} …", images[first : first + COLUMNS]) for first in range(0, len(images), COLUMNS)]
        run.figure("samples.png", figures.rows_of_images(rows))
        run.metrics({"parameters": models.parameter_count(generator), "image_size": generator.size})
        run.say(f"{generator.size}² pixels, latents of {generator.latent} numbers")


if __name__ == "__main__":
    main(sys.argv[1])
