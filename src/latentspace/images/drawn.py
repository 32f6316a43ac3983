"""Drawn image sets with known factors: ellipses (slide 38), disks (slide 48) or centred disks, a dial (slide 36)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.stats.qmc import Sobol

from latentspace.images.ellipses import Values, draw_ellipses
from latentspace.images.image_set import Factors, Pixels
from latentspace.images.params import DataSet
from latentspace.images.scaled import stratified_radii
from latentspace.images.shapes import Disk


def ellipses(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Centred ellipses: both semi-axes uniform on [2, size/2 − 1] pixels, angle uniform on a quarter turn.

    The three numbers are points of a scrambled Sobol sequence, which fills the cube evenly: factors that are
    uncorrelated are so to about 1/n in every set, where independent draws leave correlations of 1/√n.

    Exact factors: area πab, and the log-ratio of the axes times cosine and sine of twice the angle. The last two are
    uncorrelated with equal variance, so only the pixel grid fixes their axes.
    """
    longest = spec.image_size / 2 - 1
    u, v, w = _evenly(n, 3, rng)
    a, b, theta = 2 + (longest - 2) * u, 2 + (longest - 2) * v, np.pi / 2 * w
    return draw_ellipses(a, b, theta, spec.image_size, spec.blur), _factors(a, b, theta)


def authors_ellipses(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Ellipses as in the authors' code: semi-axes 2, 3, … size/2 − 1 pixels, angles 0, 1, … 89°, centre at size/2.

    Drawn evenly and with the same factors as in `ellipses`. The centre is half a pixel beside the image's.
    """
    u, v, w = _evenly(n, 3, rng)
    lengths = spec.image_size // 2 - 2
    a, b, theta = 2 + np.floor(lengths * u), 2 + np.floor(lengths * v), np.radians(np.floor(90 * w))
    return draw_ellipses(a, b, theta, spec.image_size, spec.blur, np.full((n, 2), 0.5)), _factors(a, b, theta)


def _evenly(n: int, dimensions: int, rng: np.random.Generator) -> Float[np.ndarray, "dimensions n"]:
    return Sobol(dimensions, rng=rng).random_base2((n - 1).bit_length())[:n].T


def _factors(a: Values, b: Values, theta: Values) -> Factors:
    ratio = np.log(a / b)
    return {
        "area": np.pi * a * b,
        "log_ratio_cos": ratio * np.cos(2 * theta),
        "log_ratio_sin": ratio * np.sin(2 * theta),
    }


def disks(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Translated disks: centre uniform on the middle half of the image, radius uniform on [size/12, size/8] pixels.

    Position thus dominates the variance of the images. If radii varied much more, the scale of a packet's code would
    depend on them too.
    """
    centres = rng.uniform(-spec.image_size / 4, spec.image_size / 4, (n, 2))
    radius = rng.uniform(spec.image_size / 12, spec.image_size / 8, n)
    images = draw_ellipses(radius, radius, np.zeros(n), spec.image_size, spec.blur, centres)
    return images, {"x": centres[:, 0], "y": centres[:, 1], "radius": radius}


def centred_disks(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Disks about the image's centre: radii uniform on [0, size/2 − ½] pixels, one in each of n equal parts."""
    radius = rng.permutation(stratified_radii(n, (spec.image_size - 1) / 2, rng))
    images = Disk().draw(radius, spec.image_size, spec.blur)[:, None]
    return (255 * images + 0.5).astype(np.uint8), {"area": np.pi * radius**2, "radius": radius}


def dial(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """A disk on a circle around the centre. Its only factor is an angle, which has no continuous 1-D code."""
    angle = rng.uniform(0, 2 * np.pi, n)
    cosine, sine = np.cos(angle), np.sin(angle)
    centres = spec.image_size / 4 * np.column_stack([cosine, sine])
    radius = np.full(n, spec.image_size / 8)
    images = draw_ellipses(radius, radius, np.zeros(n), spec.image_size, spec.blur, centres)
    return images, {"angle": angle, "cos": cosine, "sin": sine}
