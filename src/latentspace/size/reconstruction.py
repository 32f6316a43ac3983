"""Reconstruction of disks from a code of one, two or four numbers (slides 8 and 11)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images
from latentspace.pipeline.measured import Findings, Measured, measured, value_of
from latentspace.plots.naming import colour, words
from latentspace.plots.style import Picture, axes_grid
from latentspace.size.measures import BySeed, Response, Values, mse, radius_error, responses
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.pictures import input_output_strip

VARIANTS = ["bias", "linear_encoder", "code_2", "code_4"]
SHOWN = {"output, d = 1": "bias", "linear encoder": "linear_encoder"}  # variants of the strip by title


def experiment(networks: Mapping[str, Mapping[int, ShapeAutoencoder]], data: ShapeDataset) -> Findings:
    """Errors and reconstructions for d = 1, and the effect of d = 2 and 4.

    Args:
        networks: by variant, one or more of `VARIANTS`, and seed.
        data: disks.
    """
    found = responses(networks, data)
    rows = [row for name in found for row in errors(name, found[name], data)]
    first = {name: by_seed[min(by_seed)] for name, by_seed in found.items()}
    outputs = {title: first[name].outputs for title, name in SHOWN.items() if name in first}
    pictures = {"code_size.png": error_against_radius(residuals(first, data.test), data.test_radii)}
    if outputs:
        pictures["strip.png"] = input_output_strip(data.test, data.test_radii, outputs)
    name = next(iter(found))
    error = value_of(rows, name, "test_mse", min(found[name]))
    return Findings(rows, {**pictures}, summary=f"test MSE of {name}: {error:.1e} per pixel")


def errors(name: str, by_seed: BySeed, data: ShapeDataset) -> list[Measured]:
    """Test error per pixel, and radius error in pixels over 1 ≤ r ≤ R − 1 (slides 8 and 11)."""
    rows = []
    for seed, response in by_seed.items():
        radius = radius_error(response.outputs, data.test, data.test_radii, 1.0, data.radius_max - 1.0)
        values = {"test_mse": mse(response.outputs, data.test), "radius_error_px": radius}
        rows += measured(name, values, seed)
    return rows


def error_against_radius(errors: Mapping[str, Values], radii: Values) -> Picture:
    """Reconstruction error per pixel over the radius, one line per variant (slide 8)."""
    figure, ((axes,),) = axes_grid(1, 1, width=5.0, height=3.2)
    for name, error in errors.items():
        axes.semilogy(radii, error, color=colour(name), label={"bias": "d = 1"}.get(name, words(name)))
    axes.set(xlabel="radius r (pixels)", ylabel="squared error per pixel")
    axes.legend()
    return figure


def residuals(responses: Mapping[str, Response], images: Images) -> dict[str, Values]:
    """Squared error per pixel of each image, by variant."""
    return {name: np.square(r.outputs - images).mean(axis=(1, 2)) for name, r in responses.items()}
