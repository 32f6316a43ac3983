"""Drawn image sets with known factors: ellipses (slide 38), translated disks (slide 48), a dial (slide 36)."""

from __future__ import annotations

import numpy as np

from latentspace.images.ellipses import draw_ellipses
from latentspace.images.image_set import Factors, Pixels
from latentspace.images.params import DataSet


def ellipses(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Centred ellipses: both semi-axes uniform on [2, size/2 − 1] pixels, angle uniform on a quarter turn.

    Exact factors: area πab, and the log-ratio of the axes times cosine and sine of twice the angle. The last two are
    uncorrelated with equal variance, so only the pixel grid fixes their axes.
    """
    a, b = rng.uniform(2, spec.image_size / 2 - 1, (2, n))
    theta = rng.uniform(0, np.pi / 2, n)
    ratio = np.log(a / b)
    factors = {
        "area": np.pi * a * b,
        "log_ratio_cos": ratio * np.cos(2 * theta),
        "log_ratio_sin": ratio * np.sin(2 * theta),
    }
    return draw_ellipses(a, b, theta, spec.image_size, spec.blur), factors


def disks(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Translated disks: centre uniform on the middle half of the image, radius uniform on [size/12, size/8] pixels.

    Position thus dominates the variance of the images. If radii varied much more, the scale of a packet's code would
    depend on them too.
    """
    centres = rng.uniform(-spec.image_size / 4, spec.image_size / 4, (n, 2))
    radius = rng.uniform(spec.image_size / 12, spec.image_size / 8, n)
    images = draw_ellipses(radius, radius, np.zeros(n), spec.image_size, spec.blur, centres)
    return images, {"x": centres[:, 0], "y": centres[:, 1], "radius": radius}


def dial(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """A disk on a circle around the centre. Its only factor is an angle, which has no continuous 1-D code."""
    angle = rng.uniform(0, 2 * np.pi, n)
    cosine, sine = np.cos(angle), np.sin(angle)
    centres = spec.image_size / 4 * np.column_stack([cosine, sine])
    radius = np.full(n, spec.image_size / 8)
    images = draw_ellipses(radius, radius, np.zeros(n), spec.image_size, spec.blur, centres)
    return images, {"angle": angle, "cos": cosine, "sin": sine}
