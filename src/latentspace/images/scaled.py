"""Data sets of one shape at many sizes (slide 8), deterministic by seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        validation: images for choices between trainings, shape (k, size, size); k = 0 where nothing is chosen.
        validation_radii: their radii in pixels, shape (k,).
        radius_max: upper bound of the radii, in pixels.
    """

    train: Images
    train_radii: Float[np.ndarray, " n"]
    test: Float[np.ndarray, "m size size"]
    test_radii: Float[np.ndarray, " m"]
    validation: Float[np.ndarray, "k size size"]
    validation_radii: Float[np.ndarray, " k"]
    radius_max: float


def stratified_radii(count: int, radius_max: float, rng: np.random.Generator) -> Float[np.ndarray, " count"]:
    """Draw one uniform radius in each of `count` equal parts of [0, radius_max], in pixels, sorted.

    With 300 independent radii the optimal decoder varies by 4 % between draws, with stratified ones by 0.03 %.
    """
    return (np.arange(count) + rng.random(count)) * (radius_max / max(count, 1))


def make(shape: Shape, sampling: Sampling, validation_images: int = 0) -> ShapeDataset:
    """Draw the training set, the test set and a validation set of `shape`, each with radii of its own."""
    rng = np.random.default_rng(sampling.seed)
    counts = (sampling.train_images, sampling.test_images, validation_images)
    train, test, validation = (stratified_radii(count, sampling.radius_max, rng) for count in counts)
    return ShapeDataset(
        train=shape.draw(train, sampling.image_size, sampling.blur),
        train_radii=train,
        test=shape.draw(test, sampling.image_size, sampling.blur),
        test_radii=test,
        validation=shape.draw(validation, sampling.image_size, sampling.blur),
        validation_radii=validation,
        radius_max=sampling.radius_max,
    )


def without_hole(data: ShapeDataset, hole: list[float] | None) -> ShapeDataset:
    """The data set without the training radii in [hole[0], hole[1]] pixels; the other sets are unchanged.

    Raises:
        ValueError: if fewer than two training radii remain.
    """
    if hole is None:
        return data
    keep = (data.train_radii < hole[0]) | (data.train_radii > hole[1])
    if keep.sum() < 2:
        raise ValueError(f"hole = {hole} leaves fewer than two training radii")
    return replace(data, train=data.train[keep], train_radii=data.train_radii[keep])


def save(data: ShapeDataset, path: Path) -> None:
    """Write `data` as npz atomically; equal data give equal bytes."""
    npz.write(path, vars(data), compressed=False)


def load(path: Path) -> ShapeDataset:
    """Read a data set; raises ValueError naming the file if it is missing, truncated or incomplete."""
    stored = npz.read(path, ShapeDataset.__dataclass_fields__)
    arrays = {name: stored[name] for name in ShapeDataset.__dataclass_fields__ if name != "radius_max"}
    return ShapeDataset(**arrays, radius_max=float(stored["radius_max"]))
