"""Generators named in params.yaml: shipped ones, a user's file, or one of the GAN zoo (slide 42)."""

from __future__ import annotations

from pathlib import Path

from latentspace.gan import zoo_import
from latentspace.gan.formats import exported, onnx_file, torchscript
from latentspace.gan.formats.program import Program
from latentspace.gan.inputs import load_any
from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.network import Generator
from latentspace.gan.params import Source
from latentspace.gan.rendering import render
from latentspace.nn import models
from latentspace.pipeline.measured import Findings, measured
from latentspace.pipeline.own_paths import own_path
from latentspace.plots.strips import as_shown, rows_of_images

DOWNLOADS = Path(".downloads")  # of the project, for all copies of it


ROWS, COLUMNS = 4, 12  # of the picture of samples


def obtain(source: Source, target: Path) -> Generator | Program:
    """Write the generator that `source` names to `target` as safetensors, converted if needed; returns it.

    Raises:
        ImportError: if the package that reads its format is not installed.
        ValueError: naming the file, if it is missing, damaged or malicious, cannot be downloaded, or holds no
            generator; `target` is then not changed.
    """
    if source.zoo is not None:
        file = zoo_import.locate(source.zoo, own_path(DOWNLOADS))
        return zoo_import.convert(file, target, source.zoo.network, source.zoo.release)
    generator = read(source)
    models.save(generator, target)
    return generator


def read(source: Source) -> Generator | Program:
    """Read the generator of a source other than the zoo; errors as of `obtain`."""
    if source.path is not None:
        return load_any(source.path)
    if source.exported is not None:
        generator = exported.read(source.exported, source.range, source.prior)
    elif source.torchscript is not None:
        generator = torchscript.read(source.torchscript, source.latent or 0, source.range, source.prior)
    else:
        generator = onnx_file.read(Path(str(source.onnx)), source.latent, source.range, source.prior)
    if source.latent not in {None, generator.latent}:
        raise ValueError(f"latent = {source.latent}: the latents of the file have {generator.latent} numbers")
    return generator


def experiment(generator: Generator | Program) -> Findings:
    """Size and samples of a generator; the samples are of the first class, if it has classes."""
    frozen = generator if isinstance(generator, Program) else generator.fold(0 if generator.classes else None)
    latents = drawn_anchors(frozen.latent, range(ROWS * COLUMNS), frozen.prior)
    images = as_shown(render(frozen, latents))
    rows = [(f"{first} …", images[first : first + COLUMNS]) for first in range(0, len(images), COLUMNS)]
    parameters = sum(weight.numel() for weight in generator.state_dict().values())
    values = {"parameters": float(parameters), "image_size": float(generator.size)}
    fading = ""
    if isinstance(generator, Generator) and generator.alpha:
        fading = f", still fading in its last scale, α = {generator.alpha:g}"
    return Findings(
        measured("", values),
        {"samples.png": rows_of_images(rows)},
        summary=f"{generator.size}² pixels, latents of {generator.latent} numbers{fading}",
    )
