"""Evaluation of organised neighbourhoods and of baselines, on held-out latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from latentspace.gan import directions
from latentspace.gan.attributes import Attributes, Measure
from latentspace.gan.directions import Directions
from latentspace.gan.frozen import Frozen
from latentspace.gan.ganspace import FITTED, flat, image_pca
from latentspace.gan.local import LocalModel, Organised
from latentspace.gan.neighbourhood import Neighbourhood, Sample, seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.rendering import render, sample
from latentspace.gan.roles import AFFINE, PCA_AE
from latentspace.measures.dependence import max_correlation
from latentspace.measures.matching import association
from latentspace.nn.chunks import mean_squared_difference
from latentspace.pipeline.measured import Measured, measured, select
from latentspace.pipeline.workers import side_by_side

Codes = Float[np.ndarray, "n components"]


CODED = 16_384  # offsets for correlations of codes, whose standard error is 1/√n; encoding is cheap


RIVALS = (AFFINE, *directions.METHODS)  # straight lines with which the PCA autoencoder is compared


@dataclass(frozen=True)
class Trial:
    """One neighbourhood, with the models to evaluate on it.

    Attributes:
        generator: the frozen generator.
        place: the neighbourhood.
        models: by method and seed.
        measure: function that measures attributes of images; None for no attributes.
        sizes: number and seed of the offsets.
        baselines: names of the straight-line methods that are evaluated too.
    """

    generator: Frozen
    place: Neighbourhood
    models: Mapping[tuple[str, int], LocalModel]
    measure: Measure | None
    sizes: Sizes
    baselines: Sequence[str]


@dataclass(frozen=True)
class Result:
    """The result of one method on one neighbourhood.

    Attributes:
        method: a name in `roles`, or a baseline's name.
        place: the neighbourhood.
        seed: of the training; None for a baseline.
        explained: explained share of the images' variance from the first k components, k = 1, 2, …
        codes: of held-out latents, shape (n, components).
    """

    method: str
    place: Neighbourhood
    seed: int | None
    explained: Float[np.ndarray, " components"]
    codes: Codes


@dataclass(frozen=True)
class Navigated(Result):
    """The result of a method whose codes the generator decodes.

    Attributes:
        model: the model.
        attributes: |Pearson| of every component with every attribute of the neighbourhood's images, or None.
        shown: the same with the attributes of the decoded images, which traversals show, or None.
    """

    model: LocalModel
    attributes: pd.DataFrame | None
    shown: pd.DataFrame | None


def trials(
    organised: Mapping[str, Organised], sizes: Sizes, measure: Measure | None, baselines: Sequence[str]
) -> list[Trial]:
    """One trial per neighbourhood.

    Args:
        organised: trained variants by method, all with the same generator; the neighbourhoods of the first are
            evaluated, with the models of all.
        sizes: number and seed of the offsets.
        measure: function that measures attributes of the generator's images, or None.
        baselines: names of the straight-line methods that are evaluated too.
    """
    first = next(iter(organised.values()))
    made = []
    for place in first.places:
        found = {
            (method, seed): model
            for method, each in organised.items()
            for (name, seed), model in each.models.items()
            if name == place.name
        }
        made.append(Trial(first.generator, place, found, measure, sizes, baselines))
    return made


def evaluate(trial: Trial) -> list[Result]:
    """Evaluate every method on held-out latents of one neighbourhood."""
    train, test = draw(trial, test=False), draw(trial, test=True)
    known = trial.measure(test.images.float()) if trial.measure else None
    k = max(model.components for model in trial.models.values())
    models: dict[tuple[str, int | None], LocalModel] = dict(trial.models.items())
    for name in directions.methods_for(trial.generator, trial.baselines):
        columns = directions.METHODS[name](trial.generator, train, k)
        models[name, None] = LocalModel.about(test.place, Directions.along(columns))
    through = [_navigated(trial, test, known, method, seed, model) for (method, seed), model in models.items()]
    return [*through, _image_pca(trial, train, test, k)]


def evaluate_all(trials: Sequence[Trial]) -> list[list[Result]]:
    """Evaluate all trials, two at a time, as each has several copies of thousands of images in memory."""
    pairs = [trials[first : first + 2] for first in range(0, len(trials), 2)]
    return [results for pair in pairs for results in side_by_side(evaluate, pair)]


def draw(trial: Trial, *, test: bool) -> Sample:
    """Test latents with their images, or those to which baselines are fitted."""
    count = trial.sizes.test_images if test else min(trial.sizes.train_images, FITTED)
    return sample(trial.generator, trial.place, count, seed_of(trial.sizes.seed, test=test))


@torch.no_grad()
def _navigated(
    trial: Trial, test: Sample, known: Attributes | None, method: str, seed: int | None, model: LocalModel
) -> Navigated:
    codes = model.encode(test.place.latents(test.offsets))
    explained = np.empty(model.components)
    for i in range(model.components):  # one set of images in memory at a time
        images = render(trial.generator, model.decode(codes[:, : i + 1]))
        explained[i] = 1 - mean_squared_difference(images, test.images) / test.variance
    found = shown = None
    if trial.measure and known:
        found = association(codes.double().numpy(), known)
        shown = association(codes.double().numpy(), trial.measure(images.float()))
    many = test.place.draw(CODED, seed_of(trial.sizes.seed, test=True) + 1)
    z = model.encode(test.place.latents(many)).double().numpy()
    return Navigated(method, trial.place, seed, explained, z, model, found, shown)


def _image_pca(trial: Trial, train: Sample, test: Sample, k: int) -> Result:
    pca, images = image_pca(train.images, k), flat(test.images)
    codes = pca.transform(images)
    counts = range(1, pca.n_components_ + 1)
    errors = [np.square(images - pca.mean_ - codes[:, :i] @ pca.components_[:i]).mean() for i in counts]
    explained = 1 - np.array(errors, dtype=np.float64) / test.variance
    return Result("image_pca", trial.place, None, explained, codes.astype(np.float64))


def purity(table: pd.DataFrame) -> float:
    """Mean over components of the largest |correlation| with an attribute."""
    return float(table.max(axis=1).mean())


def numbers(results: Sequence[Result], prefix: str = "") -> list[Measured]:
    """All measures of all methods, and the margins of the PCA autoencoder; `prefix` precedes the methods' names."""
    rows = [row for result in results for row in _measures(result)]
    rows += [*_explained_margins(results), *_purity_margin(rows)]
    return [replace(row, method=prefix + row.method) for row in rows]


def _measures(result: Result) -> list[Measured]:
    values = {f"explained_k{i}": float(value) for i, value in enumerate(result.explained, start=1)}
    if len(result.explained) > 1:
        values["max_correlation"] = max_correlation(result.codes)
    if isinstance(result, Navigated) and result.attributes is not None:
        values["attribute_purity"] = purity(result.attributes)
        if result.shown is not None:
            values["shown_purity"] = purity(result.shown)
    return measured(result.method, values, result.seed, result.place.name)


def _explained_margins(results: Sequence[Result]) -> list[Measured]:
    """Differences between the shares explained by the PCA autoencoder and by its rivals, the smallest over k.

    ``explained_margin`` is the one to the best line that is not trained through the generator. To lines that are,
    there are the differences at every k too.
    """
    margins = []
    for ours in (result for result in results if result.method == PCA_AE):
        found = [other for other in results if other.place.name == ours.place.name and other.seed in (None, ours.seed)]
        shares = {other.method: other.explained for other in found if other.method in RIVALS}
        values = {f"margin_{name}": difference(ours.explained, share).min() for name, share in shares.items()}
        if AFFINE in shares:
            each = difference(ours.explained, shares.pop(AFFINE))
            values |= {f"margin_{AFFINE}_k{k}": value for k, value in enumerate(each, start=1)}
        if shares:
            values["explained_margin"] = min(difference(ours.explained, share).min() for share in shares.values())
        margins += measured(PCA_AE, values, ours.seed, ours.place.name)
    return margins


def difference(ours: Float[np.ndarray, " _"], other: Float[np.ndarray, " _"]) -> Float[np.ndarray, " _"]:
    """Difference of two lists of explained shares, for the numbers of components that both have."""
    k = min(len(ours), len(other))
    return ours[:k] - other[:k]


def _purity_margin(rows: Sequence[Measured]) -> list[Measured]:
    """Attribute purity of the PCA autoencoder − that of the purest straight lines, means over neighbourhoods."""
    means = {}
    for method in (PCA_AE, *RIVALS):
        if found := select(rows, method=method, measure="attribute_purity"):
            means[method] = float(np.mean([row.value for row in found]))
    ours = means.pop(PCA_AE, None)
    return [Measured(PCA_AE, "purity_margin", ours - max(means.values()))] if ours is not None and means else []


def explained_table(results: Sequence[Result]) -> pd.DataFrame:
    """Explained shares, one row per method, neighbourhood, seed and k; the seed of baselines is empty."""
    return pd.DataFrame(
        [
            {
                "method": r.method,
                "sigma": r.place.sigma,
                "anchor": r.place.number,
                "seed": "" if r.seed is None else str(r.seed),
                "components": k,
                "explained": float(value),
            }
            for r in results
            for k, value in enumerate(r.explained, start=1)
        ]
    )
