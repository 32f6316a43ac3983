"""The experiments on generators: what each evaluation stage computes from organised neighbourhoods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.core import models
from latentspace.core.parallel import side_by_side
from latentspace.core.stage import Stage
from latentspace.gan import directions, generators
from latentspace.gan.attributes import Attributes, Measure
from latentspace.gan.directions import Directions, image_pca
from latentspace.gan.neighbourhood import LocalModel, Sample, render, sample, seed_of
from latentspace.gan.network import FrozenGenerator
from latentspace.gan.params import Sizes, Train
from latentspace.gan.training import Place, places, runs_of
from latentspace.organise import measures

Codes = Float[np.ndarray, "n components"]
FITTED = 4096  # training images that the rivals are fitted to at most: lines need no more
CODED = 16_384  # offsets on which codes are correlated: a correlation of 1/√n is noise, and codes are cheap


@dataclass(frozen=True)
class Trial:
    """One neighbourhood, with the models that organise it.

    Attributes:
        generator: the frozen generator.
        place: the neighbourhood.
        models: by method and seed; a rival has the seed "".
        measure: of the attributes of images, if they are to be measured.
        sizes: how many offsets, and their seed.
        rivals: which of the straight-line methods are run beside them.
    """

    generator: FrozenGenerator
    place: Place
    models: Mapping[tuple[str, str], LocalModel]
    measure: Measure | None
    sizes: Sizes
    rivals: Sequence[str]


@dataclass(frozen=True)
class Result:
    """What one method makes of one neighbourhood.

    Attributes:
        method: ``pca_ae``, or a rival's name.
        suffix: the neighbourhood, and the seed if there is one.
        explained: share of the images' variance with the first k components, k = 1, 2, …
        codes: of further fresh latents, shape (n, components).
    """

    method: str
    suffix: str
    explained: Float[np.ndarray, " components"]
    codes: Codes


@dataclass(frozen=True)
class Navigated(Result):
    """What a method makes that goes through the generator.

    Attributes:
        model: the model.
        attributes: |Pearson| of every component with every attribute of the neighbourhood's images; or None.
        shown: the same with the attributes of the images that the codes decode to, which is what one sees on the way
            along an axis; or None.
    """

    model: LocalModel
    attributes: pd.DataFrame | None
    shown: pd.DataFrame | None


def trials(
    run: Stage, section: Train, variants: Mapping[str, str], rivals: Sequence[str], measure: Measure | None
) -> list[Trial]:
    """What is to be evaluated: every neighbourhood of the first variant, with the models of all of them.

    Args:
        run: the stage, with the variants' models and their generators among its inputs.
        section: of params.yaml.
        variants: name of the method, such as ``pca_ae``, by variant; all have the generator of the first.
        rivals: straight-line methods to run beside them.
        measure: of the attributes of the generator's images.
    """
    variant = section.variants[next(iter(variants))]
    generator = generators.frozen(run.input("models/gan/generator"), variant)
    made = []
    for place in places(variant, generator.latent):
        found: dict[tuple[str, str], LocalModel] = {}
        for name, method in variants.items():
            for other, seed in runs_of(section.variants[name], generator.latent, run.seeds):
                if other.name == place.name:
                    path = run.input(f"models/gan/{name}") / f"{place.name}_seed_{seed}.safetensors"
                    found[method, f"_seed_{seed}"] = load_local(path)
        made.append(Trial(generator, place, found, measure, section.images, rivals))
    return made


def load_local(path: Path) -> LocalModel:
    """A trained model of a neighbourhood; raises ValueError naming a file that is missing or holds something else."""
    model = models.load(path)
    if not isinstance(model, LocalModel):
        raise ValueError(f"{path}: holds a {type(model).__name__}, not a model of a neighbourhood")
    return model


def evaluate(trial: Trial) -> list[Result]:
    """Every method on fresh latents of one neighbourhood."""
    train, test = (_draw(trial, test=test) for test in (False, True))
    k = max(model.components for model in trial.models.values())
    known = trial.measure(test.images.float()) if trial.measure else None
    all_ = dict(trial.models)
    for name in trial.rivals:
        columns = directions.METHODS[name](trial.generator, train, k)
        all_[name, ""] = LocalModel.about(test.place, Directions.along(columns))
    through = [_navigated(trial, test, known, method, seed, model) for (method, seed), model in all_.items()]
    return [*through, _image_pca(trial, train, test, k)]


def evaluate_all(trials: Sequence[Trial]) -> list[list[Result]]:
    """`evaluate` of every trial, two at a time: each holds thousands of images several times over."""
    pairs = [trials[first : first + 2] for first in range(0, len(trials), 2)]
    return [results for pair in pairs for results in side_by_side(evaluate, pair)]


def _draw(trial: Trial, *, test: bool) -> Sample:
    count = trial.sizes.test_images if test else min(trial.sizes.train_images, FITTED)
    return sample(trial.generator, trial.place.neighbourhood, count, seed_of(trial.sizes.seed, test=test))


@torch.no_grad()
def _navigated(
    trial: Trial, test: Sample, known: Attributes | None, method: str, seed: str, model: LocalModel
) -> Navigated:
    codes = model.encode(test.place.latents(test.offsets))
    images = [render(trial.generator, model.decode(codes[:, : i + 1])) for i in range(model.components)]
    explained = np.array([1 - _error(made, test.images) / test.variance for made in images])
    found = shown = None
    if trial.measure and known:
        found = measures.association(codes.double().numpy(), known)
        shown = measures.association(codes.double().numpy(), trial.measure(images[-1].float()))
    many = test.place.draw(CODED, seed_of(trial.sizes.seed, test=True) + 1)
    z = model.encode(test.place.latents(many)).double().numpy()
    return Navigated(method, trial.place.name + seed, explained, z, model, found, shown)


def _image_pca(trial: Trial, train: Sample, test: Sample, k: int) -> Result:
    pca, images = image_pca(train, k), directions.flat(test.images)
    codes = pca.transform(images)
    errors = [np.square(images - pca.mean_ - codes[:, :i] @ pca.components_[:i]).mean() for i in range(1, k + 1)]
    explained = 1 - np.array(errors, dtype=np.float64) / test.variance
    return Result("image_pca", trial.place.name, explained, codes.astype(np.float64))


def _error(made: Tensor, images: Tensor) -> float:
    """Mean squared difference of two sets of images, piece by piece."""
    pieces = zip(made.split(1000), images.split(1000), strict=True)
    return sum(float((a.double() - b.double()).square().sum()) for a, b in pieces) / images.numel()


def purity(table: pd.DataFrame) -> float:
    """Mean over components of the best |correlation| with one attribute."""
    return float(table.max(axis=1).mean())


def numbers(results: Sequence[Result], prefix: str = "") -> dict[str, float]:
    """Every measure of every method, keys ``<method>.<measure>/<neighbourhood and seed>``."""
    metrics: dict[str, float] = {}
    for result in results:
        values = {f"explained_k{i}": float(value) for i, value in enumerate(result.explained, start=1)}
        if len(result.explained) > 1:
            values["max_correlation"] = measures.max_correlation(result.codes)
        if isinstance(result, Navigated) and result.attributes is not None:
            values["attribute_purity"] = purity(result.attributes)
            if result.shown is not None:
                values["shown_purity"] = purity(result.shown)
        metrics |= {f"{prefix}{result.method}.{name}/{result.suffix}": value for name, value in values.items()}
    return metrics | _margins(results, prefix) | _purity_margin(metrics, prefix)


def _margins(results: Sequence[Result], prefix: str) -> dict[str, float]:
    """How far the PCA autoencoder explains more than the best rival through the generator does: the least over k."""
    margins: dict[str, float] = {}
    through = [result for result in results if isinstance(result, Navigated)]
    for ours in (result for result in through if result.method == "pca_ae"):
        place = ours.suffix.partition("_seed_")[0]
        rivals = [result for result in through if result.method in directions.METHODS and result.suffix == place]
        if not rivals:
            continue
        best = np.max([rival.explained for rival in rivals], axis=0)
        margins[f"{prefix}pca_ae.explained_margin/{ours.suffix}"] = float((ours.explained - best).min())
    return margins


def _purity_margin(metrics: Mapping[str, float], prefix: str) -> dict[str, float]:
    """The PCA autoencoder's attribute purity − that of the best rival, each in the mean over neighbourhoods."""
    found: dict[str, list[float]] = {}
    for key, value in metrics.items():
        method, _, measure = key.removeprefix(prefix).partition("/")[0].partition(".")
        if measure == "attribute_purity" and method in ("pca_ae", *directions.METHODS):
            found.setdefault(method, []).append(value)
    means = {method: float(np.mean(values)) for method, values in found.items()}
    ours = means.pop("pca_ae", None)
    return {f"{prefix}pca_ae.purity_margin": ours - max(means.values())} if ours is not None and means else {}


def first(results: Sequence[Result], method: str) -> Navigated:
    """The first result of a method that goes through the generator."""
    return next(result for result in results if isinstance(result, Navigated) and result.method == method)


def explained_table(results: Sequence[Result]) -> pd.DataFrame:
    """Share explained: a row per method, neighbourhood and k."""
    return pd.DataFrame(
        [
            {"method": r.method, "neighbourhood": r.suffix, "components": k, "explained": float(value)}
            for r in results
            for k, value in enumerate(r.explained, start=1)
        ]
    )


def by_place(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of `explained_table` by anchor, as words."""
    anchor = table["neighbourhood"].str.extract(r"anchor_(\d+)")[0]
    return {f"anchor {name}": rows for name, rows in table.groupby(anchor.to_numpy())}
