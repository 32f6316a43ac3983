"""Generators named in params.yaml: shipped ones, a user's file, or one of the GAN zoo (slide 42)."""

from __future__ import annotations

from pathlib import Path

from latentspace.gan import zoo_import
from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.network import Generator, load_generator
from latentspace.gan.params import Source
from latentspace.gan.rendering import render
from latentspace.nn import models
from latentspace.pipeline.measured import Findings, measured
from latentspace.pipeline.own_paths import own_path
from latentspace.plots.strips import as_shown, rows_of_images

DOWNLOADS = Path(".downloads")  # of the project, for all copies of it


ROWS, COLUMNS = 4, 12  # of the picture of samples


def obtain(source: Source, target: Path) -> Generator:
    """Write the generator that `source` names to `target` as safetensors, converting zoo files; returns it.

    Raises:
        ValueError: naming the file, if it is missing, damaged or malicious, or cannot be downloaded; `target` is then
            not changed.
    """
    if source.zoo is not None:
        file = zoo_import.locate(source.zoo, own_path(DOWNLOADS))
        return zoo_import.convert(file, target, source.zoo.network, source.zoo.release)
    generator = load_generator(Path(str(source.path)))
    models.save(generator, target)
    return generator


def experiment(generator: Generator) -> Findings:
    """Size and samples of a generator; the samples are of the first class, if it has classes."""
    label = 0 if generator.classes else None
    latents = drawn_anchors(generator.latent, range(ROWS * COLUMNS))
    images = as_shown(render(generator.fold(label), latents))
    rows = [(f"{first} …", images[first : first + COLUMNS]) for first in range(0, len(images), COLUMNS)]
    values = {"parameters": float(models.parameter_count(generator)), "image_size": float(generator.size)}
    fading = f", still fading in its last scale, α = {generator.alpha:g}" if generator.alpha else ""
    return Findings(
        measured("", values),
        {"samples.png": rows_of_images(rows)},
        summary=f"{generator.size}² pixels, latents of {generator.latent} numbers{fading}",
    )
