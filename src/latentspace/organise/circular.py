"""A circular factor, whose components can be uncorrelated but dependent, with two penalties (slide 36)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from latentspace.images.image_set import ImageSet
from latentspace.organise.coded import Networks, encode, of_first_seed, order_and_dependence
from latentspace.pipeline.measured import Findings, select
from latentspace.plots.naming import words
from latentspace.plots.style import Picture, axes_grid

FACTORS = ("angle",)
# Penalties of the talk's variants, which name them in the results; others keep their names.
VARIANTS = {"circular_covariance": "covariance", "circular_distance_correlation": "distance_correlation"}


def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """Error, correlation and distance correlation of the components of a dial, by penalty.

    Args:
        models: by variant and seed.
        data: images of a dial; its factor ``angle`` is in radians.
    """
    coded = encode({VARIANTS.get(name, name): by_seed for name, by_seed in models.items()}, data)
    rows = order_and_dependence({f"circular.{penalty}": by_seed for penalty, by_seed in coded.items()})
    codes = {penalty: one.codes for penalty, one in of_first_seed(coded).items()}
    values = {
        name: row.value
        for name, by_seed in coded.items()
        for row in select(rows, method=f"circular.{name}", measure="max_distance_correlation", seed=min(by_seed))
    }
    return Findings(
        rows,
        {"codes.png": codes_by_angle(codes, data.test_factors["angle"])},
        summary="distance correlation: "
        + (", ".join(f"{name} {value:.3f}" for name, value in values.items()) or "none, of one component"),
    )


def codes_by_angle(codes: Mapping[str, Float[np.ndarray, "n _"]], angle: Float[np.ndarray, " n"]) -> Picture:
    """The second component of a circular factor over the first, coloured by the angle; or the only one over it."""
    figure, axes = axes_grid(1, len(codes), width=3.0, height=3.0)
    for cell, (name, points) in zip(axes[0], codes.items(), strict=True):
        one = points.shape[1] == 1
        x, y = (angle, points[:, 0]) if one else points.T[:2]
        drawn = cell.scatter(x, y, c=angle, cmap="twilight", s=4, vmin=0, vmax=2 * np.pi)
        cell.set(title=words(name), xlabel="angle (radians)" if one else "z1", ylabel="z1" if one else "z2")
    figure.colorbar(drawn, ax=axes[0], label="angle (radians)")
    return figure
