"""Inputs of several stages: a variant's generator and its trained models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from latentspace.gan.local import Organised, load_local
from latentspace.gan.network import FrozenGenerator, load_frozen
from latentspace.gan.params import Variant
from latentspace.gan.places import places, runs_of
from latentspace.pipeline.stage import Stage


def generator_of(run: Stage, variant: Variant) -> FrozenGenerator:
    """The generator of a variant of gan_train, frozen, from the outputs of stage gan_generator."""
    return load_frozen(run.input(f"models/gan/generator/{variant.generator}") / "generator.safetensors", variant.label)


def organised(run: Stage, name: str) -> Organised:
    """The generator, the neighbourhoods and the trained models of variant `name` of gan_train."""
    variant = run.read(Variant, f"gan_train.variants.{name}")
    return load_organised(generator_of(run, variant), variant, run.input(f"models/gan/{name}"), run.seeds)


def load_organised(generator: FrozenGenerator, variant: Variant, folder: Path, seeds: Sequence[int]) -> Organised:
    """Read the models of a variant.

    Args:
        generator: the variant's generator.
        variant: anchors, values of σ, and number of seeds.
        folder: of the models.
        seeds: of the study.

    Raises:
        ValueError: naming a file that is missing or damaged, or contains another network.
    """
    runs = runs_of(variant, generator.latent, seeds)
    found = {(place.name, seed): load_local(folder / place.file(seed)) for place, seed in runs}
    return Organised(variant, generator, places(variant, generator.latent), found)
