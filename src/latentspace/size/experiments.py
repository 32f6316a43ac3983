"""The experiments of the size chapter: what each evaluation stage computes from trained networks and test images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float

from latentspace.core.models import load_seeds
from latentspace.core.stage import Stage
from latentspace.size import theory
from latentspace.size.dataset import ShapeDataset
from latentspace.size.measures import (
    Response,
    Values,
    affine_r2,
    common_direction,
    image_radius,
    mean_contraction,
    mse,
    pearson,
    r2,
    radius_error,
    respond,
)
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.shapes import distances

BySeed = dict[int, Response]


def responses(run: Stage, folder: str, variants: Iterable[str], data: ShapeDataset) -> dict[str, BySeed]:
    """Codes and reconstructions of the test set, by variant and seed, from the stage's inputs under `folder`."""
    return {
        name: {
            seed: respond(network, data.test)
            for seed, network in load_seeds(run.input(f"{folder}/{name}"), run.seeds, ShapeAutoencoder).items()
        }
        for name in variants
    }


def reconstruction(all_: Mapping[str, BySeed], data: ShapeDataset) -> dict[str, float]:
    """Test error per pixel, and radius error in pixels over 1 ≤ r ≤ R − 1 (slides 8 and 11)."""
    metrics = {}
    for name, by_seed in all_.items():
        for seed, response in by_seed.items():
            metrics[f"{name}.test_mse/seed_{seed}"] = mse(response.outputs, data.test)
            metrics[f"{name}.radius_error_px/seed_{seed}"] = radius_error(
                response.outputs, data.test, data.test_radii, 1.0, data.radius_max - 1.0
            )
    return metrics


def code_against_size(all_: Mapping[str, BySeed], data: ShapeDataset) -> dict[str, float]:
    """|Pearson| of the code with radius and area, and R² of the code as affine in r² (slide 13)."""
    metrics = {}
    for name, by_seed in all_.items():
        for seed, response in by_seed.items():
            z, r = response.codes[:, 0], data.test_radii
            metrics[f"{name}.code_radius_pearson/seed_{seed}"] = pearson(z, r)
            metrics[f"{name}.code_area_pearson/seed_{seed}"] = pearson(z, r**2)
            metrics[f"{name}.area_r2/seed_{seed}"] = affine_r2(r**2, z)
    return metrics


def contractions(run: Stage, folder: str, variants: Iterable[str], data: ShapeDataset) -> dict[str, float]:
    """The contractive penalty that each network reached, by variant and seed."""
    return {
        f"{name}.contraction/seed_{seed}": mean_contraction(network, data.test)
        for name in variants
        for seed, network in load_seeds(run.input(f"{folder}/{name}"), run.seeds, ShapeAutoencoder).items()
    }


def decoding(by_seed: BySeed, data: ShapeDataset) -> dict[str, float]:
    """The common output direction f of bias-free decoders against the optima of eqs. 3-8 (slide 18).

    energy_ratio is Σ_r ⟨f, x_r⟩² / (‖f‖² σ₁²), 1 at the optimum; rank_one_share is how much of the outputs one f
    explains; airy_l2 and optimum_l2 are 2-D relative L2 distances.
    """
    optimum, best = theory.discrete_optimum(data.test)
    airy = theory.airy_profile(distances(data.test.shape[-1]), data.radius_max)
    metrics: dict[str, float] = {"optimum.airy_l2": theory.relative_l2(optimum, airy)}
    floor = (np.square(data.test, dtype=float).sum() - best) / data.test.size
    for seed, response in by_seed.items():
        f = common_direction(response.outputs)
        metrics[f"bias_free.energy_ratio/seed_{seed}"] = theory.energy(f, data.test) / best
        metrics[f"bias_free.airy_l2/seed_{seed}"] = theory.relative_l2(f, airy)
        metrics[f"bias_free.optimum_l2/seed_{seed}"] = theory.relative_l2(f, optimum)
        metrics[f"bias_free.rank_one_share/seed_{seed}"] = theory.energy(f, response.outputs) / float(
            np.square(response.outputs).sum()
        )
        metrics[f"bias_free.mse_over_floor/seed_{seed}"] = mse(response.outputs, data.test) / floor
    return metrics


def hole(all_: Mapping[str, BySeed], data: ShapeDataset, gap: list[float]) -> dict[str, float]:
    """Radius error inside and outside the radii left out of training, by regulariser, in pixels."""
    metrics = {}
    for name, by_seed in all_.items():
        short = name.removeprefix("hole_")
        for seed, response in by_seed.items():
            inside = radius_error(response.outputs, data.test, data.test_radii, *gap)
            below = radius_error(response.outputs, data.test, data.test_radii, 1.0, gap[0])
            above = radius_error(response.outputs, data.test, data.test_radii, gap[1], data.radius_max - 1)
            metrics[f"hole.{short}.radius_error_px/seed_{seed}"] = inside
            metrics[f"hole.{short}.radius_error_outside_px/seed_{seed}"] = (below + above) / 2
    return metrics


def radius_deviation(by_seed: BySeed, data: ShapeDataset) -> dict[int, Values]:
    """Radius of output minus radius of input, in pixels, by seed."""
    return {seed: image_radius(r.outputs) - image_radius(data.test) for seed, r in by_seed.items()}


def silhouette(name: str, with_bias: BySeed, bias_free: BySeed, data: ShapeDataset) -> dict[str, float]:
    """Bias-free decoder against the top eigenfunction, and the error that biases save (slide 20)."""
    _, best = theory.discrete_optimum(data.test)
    metrics = {}
    for seed in bias_free:
        f = common_direction(bias_free[seed].outputs)
        without, with_ = (mse(r[seed].outputs, data.test) for r in (bias_free, with_bias))
        metrics[f"{name}.energy_ratio/seed_{seed}"] = theory.energy(f, data.test) / best
        metrics[f"{name}.bias_free_mse/seed_{seed}"] = without
        metrics[f"{name}.bias_mse/seed_{seed}"] = with_
        metrics[f"{name}.mse_ratio/seed_{seed}"] = without / with_
    return metrics


def averaging_cosine(filter_: Float[np.ndarray, "size size"]) -> float:
    """|Cosine| between a linear encoder's filter and the uniform average over the image."""
    return float(abs(filter_.sum()) / (np.linalg.norm(filter_) * np.sqrt(filter_.size)))


def linear_share(network: ShapeAutoencoder, filter_: Float[np.ndarray, "size size"], data: ShapeDataset) -> float:
    """R² between ⟨w, x⟩ and the network's code on the test set: 1 when the encoder is the filter w."""
    projected = (data.test * filter_).sum(axis=(1, 2))
    return r2(projected, respond(network, data.test).codes[:, 0])
