"""Generators and the latent spaces of neighbourhoods for the report's latent explorer (slides 45-47)."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from latentspace.gan import lowered  # noqa: F401, the layers of generators
from latentspace.gan.attributes import Measure
from latentspace.gan.directions import Directions, raw_axes
from latentspace.gan.frozen import Frozen
from latentspace.gan.local import LocalModel, Organised
from latentspace.gan.neighbourhood import Neighbourhood, Sample, seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.rendering import sample
from latentspace.gan.roles import AFFINE, PCA_AE
from latentspace.measures.matching import association
from latentspace.pipeline.measured import Findings
from latentspace.plots.decoder import UnsupportedError, layers_of, size_of
from latentspace.plots.explorer import Explorer, View

PLACES = 6  # most neighbourhoods of an explorer
WEIGHTS = 1_000_000  # most of a generator in the page, 2.3 MB of text
Group = Mapping[str, Organised]  # by method


def refused(groups: Mapping[str, Group]) -> dict[str, str]:
    """Groups whose generator the page cannot compute, and why."""
    reasons = {name: _reason(group[PCA_AE].generator) for name, group in groups.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _reason(generator: Frozen) -> str:
    try:
        size = size_of(layers_of(generator))
    except UnsupportedError as error:
        return str(error)
    return f"a generator of {size:,} weights; the page takes {WEIGHTS:,}" if size > WEIGHTS else ""


def experiment(groups: Mapping[str, Group], measures: Mapping[str, Measure], sizes: Sizes) -> Findings:
    """The generator of each group with its neighbourhoods: PCA autoencoder, trained lines, axes of the latent space.

    Args:
        groups: trained variants by method and group.
        measures: functions that measure the attributes of their images, by group; components are named after these.
        sizes: number and seed of the latents with which the names are found.
    """
    pictures = {f"{name}.json": explorer(group, measures[name], sizes) for name, group in groups.items()}
    return Findings(pictures={**pictures}, summary=", ".join(groups))


@torch.no_grad()
def explorer(group: Group, measure: Measure, sizes: Sizes) -> Explorer:
    """The explorer of one group, about its first anchors."""
    generator = group[PCA_AE].generator
    image, views = layers_of(generator), []
    for place in group[PCA_AE].places[:PLACES]:
        fresh = sample(generator, place, sizes.test_images, seed_of(sizes.seed, test=True))
        shown = measure(fresh.images.float())
        for method, model in spaces(group, fresh).items():
            codes = model.encode(place.latents(fresh.offsets)).double().numpy()
            views.append(View(method, association(codes, shown), [layers_of(model), image], title(place, group)))
    return Explorer(views, fresh.images.shape[1])


def spaces(group: Group, fresh: Sample) -> dict[str, LocalModel]:
    """Models of a neighbourhood by method: those that are trained, with their first seed, and the raw axes."""
    place = fresh.place
    trained = {method: group[method].models for method in (PCA_AE, AFFINE) if method in group}
    found = {
        method: next(model for (name, _), model in models.items() if name == place.name)
        for method, models in trained.items()
        if any(name == place.name for name, _ in models)
    }
    axes = raw_axes(group[PCA_AE].generator, fresh, found[PCA_AE].components)
    return {**found, "raw": LocalModel.about(place, Directions.along(axes))}


def title(place: Neighbourhood, group: Group) -> str:
    """Name of a neighbourhood on the page; σ only if it differs."""
    sigma = f", σ = {place.sigma:g}" if len(group[PCA_AE].variant.sigmas) > 1 else ""
    return f"anchor {place.number}{sigma}"
