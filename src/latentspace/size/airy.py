"""The bias-free decoder, the numerical optimum and Airy's function on one axis (slide 18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images, distances
from latentspace.pipeline.measured import Findings, Measured, measured, value_of
from latentspace.plots.style import Picture, axes_grid
from latentspace.size import optimum
from latentspace.size.measures import BySeed, Values, common_direction, mse, responses
from latentspace.size.network import ShapeAutoencoder

VARIANT = "bias_free"
Image = Float[np.ndarray, "size size"]


@dataclass(frozen=True)
class Optima:
    """Optima of eqs. 3-8 for disks up to `radius` pixels.

    Attributes:
        radius: R in pixels.
        airy: Airy's function at every pixel.
        image: the optimal image f for the test set.
        energy: its Σ_r ⟨f, x_r⟩².
        rho: radii of the rings in pixels.
        rings: the optimal profile at `rho`.
    """

    radius: float
    airy: Image
    image: Image
    energy: float
    rho: Values
    rings: Values


def optima(data: ShapeDataset, grid: int) -> Optima:
    """Closed form, optimal image for the test set, and optimal profile on `grid` rings."""
    image, energy = optimum.discrete_optimum(data.test)
    rho, rings, _ = optimum.numerical_profile(grid, data.radius_max)
    airy = optimum.airy_profile(distances(data.test.shape[-1]), data.radius_max)
    return Optima(data.radius_max, airy, image, energy, rho, rings)


def experiment(networks: Mapping[int, ShapeAutoencoder], data: ShapeDataset, grid: int) -> Findings:
    """Compare the common output direction of bias-free decoders with the optima of eqs. 3-8 (slide 18).

    Args:
        networks: bias-free autoencoders by seed.
        data: disks.
        grid: number of rings of the eigenproblem.
    """
    by_seed = responses({VARIANT: networks}, data)[VARIANT]
    best = optima(data, grid)
    rows = decoding(by_seed, data, best)
    learnt = {seed: common_direction(response.outputs) for seed, response in by_seed.items()}
    distance = value_of(rows, VARIANT, "airy_l2", min(by_seed))
    return Findings(
        rows,
        {"comparison.png": comparison(learnt, best)},
        summary=f"learned f to Airy {distance:.4f} (2-D relative L2)",
    )


def decoding(by_seed: BySeed, data: ShapeDataset, best: Optima) -> list[Measured]:
    """Measures of the common output direction f of bias-free decoders, by seed (slide 18).

    energy_ratio is Σ_r ⟨f, x_r⟩² / (‖f‖² σ₁²), 1 at the optimum; rank_one_share is the share of the outputs' energy
    that f explains; airy_l2 and optimum_l2 are 2-D relative L2 distances; mse_over_floor is the test error over that
    of the optimal decoder.
    """
    rows = [Measured("optimum", "airy_l2", optimum.relative_l2(best.image, best.airy))]
    floor = (np.square(data.test, dtype=float).sum() - best.energy) / data.test.size
    for seed, response in by_seed.items():
        values = shared_direction(response.outputs, data.test, best)
        values["mse_over_floor"] = mse(response.outputs, data.test) / floor
        rows += measured(VARIANT, values, seed)
    return rows


def shared_direction(outputs: Images, images: Images, best: Optima) -> dict[str, float]:
    """Energy of the outputs' common direction, its distances from the optima, and its share of the outputs' energy."""
    f = common_direction(outputs)
    return {
        "energy_ratio": optimum.energy(f, images) / best.energy,
        "airy_l2": optimum.relative_l2(f, best.airy),
        "optimum_l2": optimum.relative_l2(f, best.image),
        "rank_one_share": optimum.energy(f, outputs) / float(np.square(outputs).sum()),
    }


def comparison(learnt: Mapping[int, Image], best: Optima) -> Picture:
    """Autoencoder, numerical optimum and Airy's function on one axis (slide 18), with their differences below."""
    figure, axes = axes_grid(2, 1, width=5.5, height=2.9)
    _profiles(axes[0, 0], learnt, best)
    _differences(axes[1, 0], learnt, best)
    labels = ("f(t)", "difference from Airy's function")
    for cell, label in zip(axes[:, 0], labels, strict=True):
        cell.set(xlabel="t (pixels)", ylabel=label, xlim=(0, best.radius + 2))
    axes[0, 0].legend()
    axes[1, 0].legend(markerscale=4, fontsize=7)
    return figure


def _profiles(axes: Axes, learnt: Mapping[int, Image], best: Optima) -> None:
    for seed, f in learnt.items():
        label = "result of autoencoder (every pixel)" if seed == next(iter(learnt)) else None
        axes.plot(*_by_distance(_as_airy(f, best)), ".", ms=1.5, color=f"C{seed % 10}", label=label)
    axes.plot(best.rho, best.rings, color="k", lw=2.4, alpha=0.35, label="numerical minimisation of the energy")
    fine = np.linspace(0, best.radius + 2, 500)
    axes.plot(fine, optimum.airy_profile(fine, best.radius), "--", color="k", lw=1, label="Airy's function")


def _differences(axes: Axes, learnt: Mapping[int, Image], best: Optima) -> None:
    for seed, f in learnt.items():
        difference = _by_distance(_as_airy(f, best) - best.airy)
        axes.plot(*difference, ".", ms=1.5, color=f"C{seed % 10}", label=f"autoencoder, seed {seed}")
    axes.plot(*_by_distance(_as_airy(best.image, best) - best.airy), "k.", ms=1.5, label="optimum on the pixel grid")


def _as_airy(f: Image, best: Optima) -> Image:
    """`f` times the factor that fits it best to Airy's function, as optima are defined up to a factor."""
    return f * (f * best.airy).sum() / (f * f).sum()


def _by_distance(f: Image) -> tuple[Values, Values]:
    """Distances of the pixels from the centre, in pixels, and their values, sorted by distance."""
    at = distances(len(f)).ravel()
    order = np.argsort(at)
    return at[order], f.ravel()[order]
