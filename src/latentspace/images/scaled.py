"""Data sets of one shape at many sizes (slide 8), deterministic by seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from latentspace.images import npz
from latentspace.images.params import Sampling
from latentspace.images.shapes import Images, Shape


@dataclass(frozen=True)
class ShapeDataset:
    """Images of one shape, in the order of the radius.

    Attributes:
        train: training images, shape (n, size, size), float32 in [0, 1].
        train_radii: their radii in pixels, shape (n,).
        test: test images, shape (m, size, size).
        test_radii: their radii in pixels, shape (m,).
        radius_max: upper bound of the radii, in pixels.
    """

    train: Images
    train_radii: Float[np.ndarray, " n"]
    test: Float[np.ndarray, "m size size"]
    test_radii: Float[np.ndarray, " m"]
    radius_max: float


def stratified_radii(count: int, radius_max: float, rng: np.random.Generator) -> Float[np.ndarray, " count"]:
    """Draw one uniform radius in each of `count` equal parts of [0, radius_max], in pixels, sorted.

    With 300 independent radii the optimal decoder varies by 4 % between draws, with stratified ones by 0.03 %.
    """
    return (np.arange(count) + rng.random(count)) * (radius_max / count)


def make(shape: Shape, sampling: Sampling) -> ShapeDataset:
    """Draw the training and the test set of `shape`."""
    rng = np.random.default_rng(sampling.seed)
    train = stratified_radii(sampling.train_images, sampling.radius_max, rng)
    test = stratified_radii(sampling.test_images, sampling.radius_max, rng)
    return ShapeDataset(
        train=shape.draw(train, sampling.image_size, sampling.blur),
        train_radii=train,
        test=shape.draw(test, sampling.image_size, sampling.blur),
        test_radii=test,
        radius_max=sampling.radius_max,
    )


def without_hole(data: ShapeDataset, hole: list[float] | None) -> ShapeDataset:
    """The data set without the training radii in [hole[0], hole[1]] pixels; the test set is unchanged.

    Raises:
        ValueError: if fewer than two training radii remain.
    """
    if hole is None:
        return data
    keep = (data.train_radii < hole[0]) | (data.train_radii > hole[1])
    if keep.sum() < 2:
        raise ValueError(f"hole = {hole} leaves fewer than two training radii")
    return ShapeDataset(data.train[keep], data.train_radii[keep], data.test, data.test_radii, data.radius_max)


def save(data: ShapeDataset, path: Path) -> None:
    """Write `data` as npz atomically; equal data give equal bytes."""
    npz.write(path, vars(data), compressed=False)


def load(path: Path) -> ShapeDataset:
    """Read a data set; raises ValueError naming the file if it is missing, truncated or incomplete."""
    stored = npz.read(path, ShapeDataset.__dataclass_fields__)
    train, train_radii, test, test_radii = (stored[name] for name in ("train", "train_radii", "test", "test_radii"))
    return ShapeDataset(train, train_radii, test, test_radii, float(stored["radius_max"]))
