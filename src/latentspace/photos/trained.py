"""The trained variants of gan_photos_train."""

from __future__ import annotations

from latentspace.gan.inputs import generator_of, load_organised
from latentspace.gan.local import Organised
from latentspace.gan.params import Variant
from latentspace.pipeline.stage import Stage

VARIANTS = "gan_photos_train.variants"


def trained(run: Stage) -> dict[str, Organised]:
    """The generator, the neighbourhoods and the models of every variant, by name."""
    variants = {name: run.read(Variant, f"{VARIANTS}.{name}") for name in run.read_value(VARIANTS)}
    return {
        name: load_organised(generator_of(run, variant), variant, run.input(f"models/gan/{name}"), run.seeds)
        for name, variant in variants.items()
    }
