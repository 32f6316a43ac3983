"""Inputs of several stages: a variant's generator and its trained models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from latentspace.gan.formats.program import Program
from latentspace.gan.frozen import Frozen
from latentspace.gan.local import Organised, load_local
from latentspace.gan.network import Generator
from latentspace.gan.params import Variant
from latentspace.gan.places import places, runs_of
from latentspace.nn import models
from latentspace.pipeline.stage import Stage


def generator_of(run: Stage, variant: Variant) -> Frozen:
    """The generator of a variant of gan_train, frozen, from the outputs of stage gan_generator."""
    return load_frozen(run.input(f"models/gan/generator/{variant.generator}") / "generator.safetensors", variant.label)


def organised(run: Stage, name: str) -> Organised:
    """The generator, the neighbourhoods and the trained models of variant `name` of gan_train."""
    variant = run.read(Variant, f"gan_train.variants.{name}")
    return load_organised(generator_of(run, variant), variant, run.input(f"models/gan/{name}"), run.seeds)


def load_organised(generator: Frozen, variant: Variant, folder: Path, seeds: Sequence[int]) -> Organised:
    """Read the models of a variant.

    Args:
        generator: the variant's generator.
        variant: anchors, values of σ, and number of seeds.
        folder: of the models.
        seeds: of the study.

    Raises:
        ValueError: naming a file that is missing or damaged, or contains another network.
    """
    unknown = torch.zeros(len(variant.anchors), generator.latent) if variant.anchors_from else None
    around = places(variant, generator.latent, generator.prior, unknown)
    runs = runs_of(variant, around, seeds)
    found = {(place.name, seed): load_local(folder / place.file(seed)) for place, seed in runs}
    if unknown is not None:  # the latents of pictures are in the models
        around = [replace(place, anchor=found[place.name, seeds[0]].anchor) for place in around]
    return Organised(variant, generator, around, found)


def load_frozen(path: Path, label: int | None = None) -> Frozen:
    """Read a generator of any origin, in float32.

    Args:
        path: a safetensors file of this project.
        label: the class, if the generator has classes.

    Raises:
        ValueError: naming the file, if it is missing or damaged, or contains another network; if the generator has no
            such class, or has classes and no label is given.
    """
    generator = load_any(path)
    if isinstance(generator, Program):
        if label is not None:
            raise ValueError(f"label = {label}: {path} holds a generator without classes")
        return generator
    if generator.classes and label is None:
        raise ValueError(f"{path}: a generator of {generator.classes} classes; the variant needs a label")
    return generator.fold(label).eval()


def load_any(path: Path) -> Generator | Program:
    """Read a generator, converted to float32; raises ValueError as `load_frozen`."""
    network = models.load(path)
    if not isinstance(network, Generator | Program):
        raise ValueError(f"{path}: holds a {type(network).__name__}, not a generator")
    return network.float()
