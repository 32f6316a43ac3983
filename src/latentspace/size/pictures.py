"""Parts shared by figures of the size chapter: choice of the images shown, and inputs over outputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from latentspace.images.shapes import Images
from latentspace.plots.style import Picture, strip


def spread(count: int, n: int, first: float = 0.15) -> list[int]:
    """`n` evenly spaced indices of range(count) after the `first` share of it, where shapes are too small to see."""
    return [int(i) for i in np.linspace(first * (count - 1), count - 1, n).round()]


def input_output_strip(
    images: Images, radii: Float[np.ndarray, " n"], responses: Mapping[str, Images], columns: int = 10
) -> Picture:
    """Inputs over reconstructions, one row per variant, with the radii in pixels (slide 11)."""
    chosen = spread(len(images), columns)
    rows = [("input", images[chosen]), *((name, outputs[chosen]) for name, outputs in responses.items())]
    return strip(rows, [f"r = {radii[i]:.1f}" for i in chosen])
