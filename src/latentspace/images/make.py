"""Draw or read an image set, in an order in which neighbours look alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Int

from latentspace.images.digits import read_digits
from latentspace.images.drawn import dial, disks, ellipses
from latentspace.images.folder import read_folder
from latentspace.images.image_set import Factors, ImageSet, Pixels
from latentspace.images.params import DataSet


def make_set(spec: DataSet) -> ImageSet:
    """Draw or read the images of `spec`; equal specifications give equal sets.

    Raises:
        ValueError: naming an image that cannot be read, or a source with too few images.
    """
    rng = np.random.default_rng(spec.seed)
    if spec.kind in READ:
        images = READ[spec.kind](spec)
        images = images[rng.permutation(len(images))][: spec.train_images + spec.test_images]
        cut = len(images) - spec.test_images
        parts: list[tuple[Pixels, Factors]] = [(images[:cut], {}), (images[cut:], {})]
    else:
        parts = [DRAW[spec.kind](n, spec, rng) for n in (spec.train_images, spec.test_images)]
    (train, train_factors), (test, test_factors) = parts
    order = space_filling_order(train)
    ordered = {name: values[order] for name, values in train_factors.items()}
    return ImageSet(train[order], test, ordered, test_factors)


DRAW: dict[str, Callable[[int, DataSet, np.random.Generator], tuple[Pixels, Factors]]] = {
    "ellipses": ellipses,
    "disks": disks,
    "dial": dial,
}


READ: dict[str, Callable[[DataSet], Pixels]] = {"digits": read_digits, "folder": read_folder}


def space_filling_order(images: Pixels, bits: int = 5) -> Int[np.ndarray, " n"]:
    """An order in which neighbours look alike: a Morton curve through the first three principal components.

    A batch of one image from each of m equal slices of this order (`streams.batch_indices`) covers the directions of
    largest variance evenly, which removes most of the noise of gradients and covariances.
    """
    n, channels, size, _ = images.shape
    cell = max(1, size // 16)
    pooled = images[..., : size // cell * cell, : size // cell * cell].reshape(
        n, channels, size // cell, cell, size // cell, cell
    )
    flat = pooled.mean((3, 5), dtype=np.float64).reshape(n, -1)
    flat -= flat.mean(0)
    directions = np.linalg.eigh(flat.T @ flat)[1][:, -3:]
    ranks = np.argsort(np.argsort(flat @ directions, axis=0, kind="stable"), axis=0)
    cells = ranks * 2**bits // n
    key = np.zeros(n, dtype=np.int64)
    for bit in range(bits):
        for axis in range(cells.shape[1]):
            key |= ((cells[:, axis] >> bit) & 1) << (bit * cells.shape[1] + axis)
    return np.argsort(key, kind="stable")
