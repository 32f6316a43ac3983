"""Models with their codes of the test images, and measures of the order and the dependence of the components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from latentspace.images import image_set
from latentspace.images.image_set import ImageSet, Pixels
from latentspace.measures import columns
from latentspace.measures.dependence import distance_correlations, max_correlation
from latentspace.measures.moments import moments
from latentspace.nn.chunks import in_chunks, mean_squared_difference
from latentspace.nn.latent import LatentModel
from latentspace.nn.models import load_seeds
from latentspace.organise.params import Variants
from latentspace.organise.selected import PCA_AE, PLAIN
from latentspace.pca import networks  # noqa: F401, the code of the models that are loaded here
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pipeline.measured import Measured, measured
from latentspace.pipeline.workers import in_shares

Networks = Mapping[int, LatentModel]  # by seed


@dataclass(frozen=True)
class Coded:
    """A trained model with the codes of the test images.

    Attributes:
        model: the model.
        codes: in float64.
        errors: mean squared error per pixel of the reconstructions from the first 1, 2, … components.
    """

    model: LatentModel
    codes: Float[np.ndarray, "n components"]
    errors: list[float]


BySeed = Mapping[int, Coded]


def attributes(data: ImageSet) -> columns.Factors:
    """The factors of the test images, or their moments if the factors are unknown."""
    return data.test_factors or moments(image_set.to_batch(data.test))


def load_models(
    folders: Mapping[str, Path], variants: Variants, seeds: Sequence[int]
) -> dict[str, dict[int, LatentModel]]:
    """Read the models of several variants, by variant and seed.

    Args:
        folders: of the models, by variant.
        variants: definitions of at least these variants, which set the number of seeds.
        seeds: of the study.

    Raises:
        ValueError: naming the file of a model that is missing or damaged.
    """
    return {
        name: load_seeds(folder, variants.root[name].seeds_of(seeds), LatentModel) for name, folder in folders.items()
    }


def with_plain(models: Mapping[str, Networks]) -> dict[str, Networks]:
    """The models, and the plain autoencoders that those of ``pca_ae`` organise, if they do, as ``plain``."""
    organised = models.get(PCA_AE, {})
    bases = {seed: model.base for seed, model in organised.items() if isinstance(model, OrganisedLatents)}
    return {**models, PLAIN: bases} if bases else dict(models)


def encode(models: Mapping[str, Networks], data: ImageSet) -> dict[str, dict[int, Coded]]:
    """Codes of the test images by every model, by variant and seed."""
    each = [model for of in models.values() for model in of.values()]
    found = iter(in_shares(partial(codes_and_errors, data.test), each))
    return {name: {seed: Coded(model, *next(found)) for seed, model in of.items()} for name, of in models.items()}


@torch.no_grad()
def codes_and_errors(
    pixels: Pixels, models: Sequence[LatentModel]
) -> list[tuple[Float[np.ndarray, "n components"], list[float]]]:
    """Codes of images by every model, and the errors of `Coded`."""
    images = torch.from_numpy(image_set.to_batch(pixels))
    found = []
    for model in models:
        z = in_chunks(model.encode, images)
        parts = [z[:, :k].to(images.dtype) for k in range(1, model.components + 1)]
        errors = [mean_squared_difference(in_chunks(model.decode, part), images) for part in parts]
        found.append((z.double().numpy(), errors))
    return found


def of_first_seed(coded: Mapping[str, BySeed]) -> dict[str, Coded]:
    """The model of the smallest seed of every variant, which figures show."""
    return {name: by_seed[min(by_seed)] for name, by_seed in coded.items()}


def order(coded: Coded) -> dict[str, float]:
    """Error per pixel from the first k components, and 1 if it does not increase with k, otherwise 0 (slide 37)."""
    named = {f"mse_k{k}": error for k, error in enumerate(coded.errors, start=1)}
    return named | {"ordered": float(coded.errors == sorted(coded.errors, reverse=True))}


def dependence(codes: Float[np.ndarray, "n k"]) -> dict[str, float]:
    """Largest |Pearson| and largest distance correlation between two components; empty with one component."""
    if codes.shape[1] < 2:
        return {}
    distances = distance_correlations(codes).to_numpy()
    return {
        "max_correlation": max_correlation(codes),
        "max_distance_correlation": float((distances - np.eye(len(distances))).max()),
    }


def order_and_dependence(coded: Mapping[str, BySeed]) -> list[Measured]:
    """`order` and `dependence` of every variant and seed; they need no factors."""
    return [
        row
        for name, by_seed in coded.items()
        for seed, one in by_seed.items()
        for row in measured(name, order(one) | dependence(one.codes), seed)
    ]


def errors_of(coded: Mapping[str, BySeed]) -> dict[str, Float[np.ndarray, "seeds components"]]:
    """Test error per pixel from the first 1, 2, … components, one row per seed, by variant."""
    return {name: np.array([one.errors for one in by_seed.values()]) for name, by_seed in coded.items()}
