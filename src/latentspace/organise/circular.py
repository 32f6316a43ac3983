"""A circular factor, whose components can be uncorrelated but dependent, with two penalties (slide 36)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from latentspace.images.image_set import ImageSet
from latentspace.organise.coded import Networks, encode, of_first_seed, order_and_dependence
from latentspace.pipeline.measured import Findings, value_of
from latentspace.plots.style import Picture, axes_grid

# Penalties of the variants.
VARIANTS = {"circular_covariance": "covariance", "circular_distance_correlation": "distance_correlation"}


def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """Error, correlation and distance correlation of two components of a dial, by penalty.

    Args:
        models: by variant, as in `VARIANTS`, and seed.
        data: images of a dial; its factor ``angle`` is in radians.
    """
    coded = encode({VARIANTS[name]: by_seed for name, by_seed in models.items()}, data)
    rows = order_and_dependence({f"circular.{penalty}": by_seed for penalty, by_seed in coded.items()})
    codes = {penalty: one.codes for penalty, one in of_first_seed(coded).items()}
    values = {
        penalty: value_of(rows, f"circular.{penalty}", "max_distance_correlation", min(by_seed))
        for penalty, by_seed in coded.items()
    }
    return Findings(
        rows,
        {"codes.png": codes_by_angle(codes, data.test_factors["angle"])},
        summary="distance correlation: " + ", ".join(f"{penalty} {value:.3f}" for penalty, value in values.items()),
    )


def codes_by_angle(codes: Mapping[str, Float[np.ndarray, "n 2"]], angle: Float[np.ndarray, " n"]) -> Picture:
    """The second component of a circular factor over the first, coloured by the angle."""
    figure, axes = axes_grid(1, len(codes), width=3.0, height=3.0)
    for cell, (name, points) in zip(axes[0], codes.items(), strict=True):
        drawn = cell.scatter(points[:, 0], points[:, 1], c=angle, cmap="twilight", s=4, vmin=0, vmax=2 * np.pi)
        cell.set(title=name, xlabel="z1", ylabel="z2")
    figure.colorbar(drawn, ax=axes[0], label="angle (radians)")
    return figure
