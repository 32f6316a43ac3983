"""Families of mean images, given one number, and what noise on that number costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from latentspace.images.image_set import Pixels
from latentspace.pca.noise import Family, best_code, noise_error

BINS = 192  # mean images of a family, at most: finer than any noise
LEAST = 8  # images in a bin
STRATUM = 320  # images of about equal earlier components

Values = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Given:
    """Mean images given a number, E[x | key], in bins of equal counts.

    Attributes:
        family: of the mean images, in order of the number.
        key: mean of the number in every bin, shape (bins,).
        unexplained: E‖x − E[x | key]‖² per number of the images.
        size: numbers per image.
    """

    family: Family
    key: Float[np.ndarray, " bins"]
    unexplained: float
    size: int

    def error(self, noise: float) -> Callable[[Float[Tensor, " bins"]], Float[Tensor, ""]]:
        """`noise_error` of codes of this family, per number of the images."""
        return lambda code: noise_error(code, self.family, noise) / self.size

    def best(self, noise: float) -> Float[np.ndarray, " bins"]:
        """The best code under noise, increasing with the number."""
        return best_code(self.error(noise), self.family.weights).numpy()


def bins_of(key: Values) -> list[Int[np.ndarray, " _"]]:
    """Rows in bins of equal counts, in order of `key`."""
    return np.array_split(np.argsort(key, kind="stable"), max(2, min(BINS, len(key) // LEAST)))


def given(images: Pixels, key: Values) -> Given:
    """Mean images in bins of equal counts of `key`; a mean's square has no share of the spread within its bin.

    Args:
        images: bytes 0 … 255.
        key: a number of each image, shape (n,).
    """
    bins = bins_of(key)
    flat = images.reshape(len(images), -1)
    parts = [flat[rows] / 255.0 for rows in bins]
    means = np.stack([part.mean(0) for part in parts])
    spread = np.array([part.var(0, ddof=1).sum() for part in parts])
    sizes = np.array([len(rows) for rows in bins])
    gram = means @ means.T - np.diag(spread / sizes)
    weights = sizes / len(key)
    return Given(
        Family(torch.from_numpy(gram), torch.from_numpy(weights)),
        np.array([key[rows].mean() for rows in bins]),
        float(weights @ spread) / flat.shape[1],
        flat.shape[1],
    )


def noise_cost(images: Pixels, codes: Float[np.ndarray, "n k"], component: int, noise: float) -> float:
    """What noise on one component adds to the error of the best decoder of this component and the ones before.

    Args:
        images: bytes 0 … 255, whose codes are given.
        codes: of any scale; the noise is in units of the component's standard deviation.
        component: 0 for the first, or 1 for the second, given the first one.
        noise: standard deviation σ.

    Returns:
        E‖x − E[x | … z + σε]‖² − E‖x − E[x | … z]‖², per number of the images.
    """
    rows = np.argsort(codes[:, 0], kind="stable")
    strata = np.array_split(rows, max(1, len(rows) // STRATUM)) if component else [rows]
    code = codes[:, component] / codes[:, component].std()
    families = [given(images[part], code[part]) for part in strata]
    costs = [float(family.error(noise)(torch.from_numpy(family.key))) for family in families]
    return float(np.average(costs, weights=[len(part) for part in strata]))


@dataclass(frozen=True)
class Curve:
    """A code as a function of a number: means and standard deviations in bins of equal counts of the number."""

    key: Float[np.ndarray, " bins"]
    mean: Float[np.ndarray, " bins"]
    deviation: Float[np.ndarray, " bins"]


def curve(code: Values, key: Values) -> Curve:
    """The code in bins of `key`, which it follows in increasing direction."""
    code = code if np.corrcoef(code, key)[0, 1] >= 0 else -code
    rows = bins_of(key)
    mean, deviation = np.array([(code[part].mean(), code[part].std(ddof=1)) for part in rows]).T
    return Curve(np.array([key[part].mean() for part in rows]), mean, deviation)
