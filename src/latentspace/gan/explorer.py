"""Generators and the latent spaces of neighbourhoods for the report's latent explorer (slides 45-47)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from latentspace.gan import lowered  # noqa: F401, the layers of generators
from latentspace.gan.attributes import Measure
from latentspace.gan.directions import Directions, raw_axes
from latentspace.gan.frozen import Frozen
from latentspace.gan.local import LocalModel, Organised
from latentspace.gan.neighbourhood import Neighbourhood, Sample, seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.pictures import pictures_of
from latentspace.gan.rendering import sample
from latentspace.gan.roles import AFFINE, PCA_AE
from latentspace.measures.matching import association
from latentspace.pipeline.measured import Findings
from latentspace.plots.decoder import Layers, UnsupportedError, layers_of, size_of
from latentspace.plots.explorer import GRIDDED, SIDE, Explorer, Sheet, View, grid, upward

PLACES = 6  # most neighbourhoods of an explorer
WEIGHTS = 1_000_000  # most of a generator in the page, 2.3 MB of text
Group = Mapping[str, Organised]  # by method


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
    """The explorer of one group, about its first anchors; about one, of pictures, if the page cannot compute it."""
    generator, places = group[PCA_AE].generator, group[PCA_AE].places[:PLACES]
    try:
        image = computed(generator)
    except UnsupportedError as error:
        views = around(group, places[0], measure, sizes, lambda model: sheet(generator, model))
        few = [replace(view, axes=view.axes.iloc[:GRIDDED], signs=view.signs[:GRIDDED]) for view in views]
        return Explorer(few, 3, f"Interpolated between pictures, as {error}.")
    views = [
        view
        for place in places
        for view in around(group, place, measure, sizes, lambda model: [layers_of(model), image])
    ]
    return Explorer(views, generator(places[0].anchor[None]).shape[1])


def computed(generator: Frozen) -> Layers:
    """Layers of a generator; raises UnsupportedError, saying why, if the page cannot have them."""
    image = layers_of(generator)
    if size_of(image) > WEIGHTS:
        raise UnsupportedError(f"the page takes generators of {WEIGHTS:,} weights, and this one has {size_of(image):,}")
    return image


def sheet(generator: Frozen, model: LocalModel) -> list[Layers | Sheet]:
    """Pictures over the first components of a model."""
    count = min(model.components, GRIDDED)
    return [Sheet(count, pictures_of(generator, model.decode(grid(count)), SIDE))]


def around(
    group: Group,
    place: Neighbourhood,
    measure: Measure,
    sizes: Sizes,
    parts: Callable[[LocalModel], list[Layers | Sheet]],
) -> list[View]:
    """Views of all models of one neighbourhood; `parts` makes what the page needs of each."""
    fresh = sample(group[PCA_AE].generator, place, sizes.test_images, seed_of(sizes.seed, test=True))
    shown = measure(fresh.images.float())
    views = []
    for method, model in spaces(group, fresh).items():
        codes = model.encode(place.latents(fresh.offsets)).double().numpy()
        axes = association(codes, shown)
        views.append(View(method, axes, parts(model), title(place, group), upward(codes, shown, axes)))
    return views


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
