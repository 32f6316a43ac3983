"""Interpolation of radii left out of training, by regulariser (slide 20, generalisation)."""

from __future__ import annotations

from collections.abc import Mapping

from latentspace.images.scaled import ShapeDataset
from latentspace.pipeline.measured import Findings, Measured, measured, select
from latentspace.plots.naming import words
from latentspace.plots.style import Picture, axes_grid
from latentspace.size.measures import BySeed, Values, image_radius, radius_error, responses
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.params import TrainDisks


def holes(study: TrainDisks) -> dict[str, list[float]]:
    """Smallest and largest radius left out of training, in pixels, by variant; only of variants with a hole."""
    return {name: variant.hole for name, variant in study.variants.items() if variant.hole is not None}


def experiment(
    networks: Mapping[str, Mapping[int, ShapeAutoencoder]], holes: Mapping[str, list[float]], data: ShapeDataset
) -> Findings:
    """Radius errors inside and outside the hole, by regulariser, for autoencoders by variant and seed."""
    found = responses(networks, data)
    rows = [row for name, hole in holes.items() for row in errors(_short(name), found[name], data, hole)]
    deviations = {_short(name): radius_deviation(found[name], data) for name in holes}
    means = {name: _mean_error(rows, name) for name in deviations}
    best = min(means, key=lambda name: means[name])
    shaded = {_short(name): hole for name, hole in holes.items()}
    return Findings(
        rows,
        {"hole.png": deviation_curves(deviations, data.test_radii, shaded)},
        summary=f"smallest error inside the hole: {best}, {means[best]:.2f} px",
    )


def _short(name: str) -> str:
    return name.removeprefix("hole_")


def _mean_error(rows: list[Measured], name: str) -> float:
    values = [row.value for row in select(rows, method=f"hole.{name}", measure="radius_error_px")]
    return sum(values) / len(values)


def errors(name: str, by_seed: BySeed, data: ShapeDataset, hole: list[float]) -> list[Measured]:
    """Mean radius error inside and outside the hole, in pixels, by seed."""
    rows = []
    for seed, response in by_seed.items():
        inside = radius_error(response.outputs, data.test, data.test_radii, *hole)
        below = radius_error(response.outputs, data.test, data.test_radii, 1.0, hole[0])
        above = radius_error(response.outputs, data.test, data.test_radii, hole[1], data.radius_max - 1)
        values = {"radius_error_px": inside, "radius_error_outside_px": (below + above) / 2}
        rows += measured(f"hole.{name}", values, seed)
    return rows


def radius_deviation(by_seed: BySeed, data: ShapeDataset) -> dict[int, Values]:
    """Radius of output minus radius of input, in pixels, by seed."""
    return {seed: image_radius(r.outputs) - image_radius(data.test) for seed, r in by_seed.items()}


def deviation_curves(
    deviations: Mapping[str, Mapping[int, Values]], radii: Values, holes: Mapping[str, list[float]]
) -> Picture:
    """Radius error over the radius, one panel per regulariser; the radii left out of training are shaded."""
    figure, axes = axes_grid(1, len(deviations), width=2.7)
    for cell, (name, by_seed) in zip(axes[0], deviations.items(), strict=True):
        cell.axvspan(*holes[name], color="k", alpha=0.1, label="not seen in training")
        for deviation in by_seed.values():
            cell.plot(radii, deviation)
        cell.set(title=words(name), xlabel="radius r (pixels)", ylim=(-3, 3))
    axes[0, 0].set_ylabel("radius of output − of input (pixels)")
    axes[0, 0].legend(loc="lower left", fontsize=7)
    return figure
