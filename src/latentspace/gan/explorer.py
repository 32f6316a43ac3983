"""Grids for the report's latent explorer, over the components of a neighbourhood (slide 47)."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from latentspace.gan.attributes import Measure
from latentspace.gan.local import Organised
from latentspace.gan.neighbourhood import seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.pictures import LARGEST, pictures_of
from latentspace.gan.rendering import sample
from latentspace.measures.matching import association
from latentspace.pipeline.measured import Findings, Picture
from latentspace.plots import explorer
from latentspace.plots.naming import words
from latentspace.plots.tables import axis_names


def experiment(organised: Mapping[str, Organised], measures: Mapping[str, Measure], sizes: Sizes) -> Findings:
    """Images over the components of the first neighbourhood of each variant, over pairs of them if there are many.

    Args:
        organised: trained variants by name.
        measures: functions that measure the attributes of their images, by name; components are named after these.
        sizes: number and seed of the latents with which the names are found.
    """
    found = Findings()
    for name, trained in organised.items():
        found.pictures |= pictures(name, trained, measures[name], sizes)
    found.summary = ", ".join(organised)
    return found


@torch.no_grad()
def pictures(name: str, organised: Organised, measure: Measure, sizes: Sizes) -> dict[str, Picture]:
    """Files of one explorer by name: decoded images, and their description."""
    place, model = organised.first
    fresh = sample(organised.generator, place, sizes.test_images, seed_of(sizes.seed, test=True))
    codes = model.encode(place.latents(fresh.offsets)).double().numpy()
    labels = axis_names(association(codes, measure(fresh.images.float())))
    kind, grid = explorer.grid(model.components)
    images = pictures_of(organised.generator, model.decode(grid), min(LARGEST, explorer.largest_side(len(grid))))
    facts = {"title": f"{words(name).capitalize()}, about an anchor", "kind": kind}
    return {**explorer.files_of(name, images, facts, labels)}
