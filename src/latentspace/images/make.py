"""Draw or read an image set, in an order in which neighbours look alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt16
from PIL import Image

from latentspace.images.digits import read_digits
from latentspace.images.drawn import authors_ellipses, centred_disks, dial, disks, ellipses
from latentspace.images.folder import fill, pictures
from latentspace.images.image_set import Factors, ImageSet, Pixels
from latentspace.images.params import DataSet
from latentspace.images.scratch import empty, ordered
from latentspace.nn.mapped import release

PART = 16_384  # images whose cells are held in double precision at once


def make_set(spec: DataSet, scratch: Path | None = None) -> ImageSet:
    """Draw or read the images of `spec`; equal specifications give equal sets.

    Args:
        spec: kind, numbers and seed.
        scratch: folder for the images of large sets, which are otherwise held in memory.

    Raises:
        ValueError: naming an image that cannot be read, or a source with too few images.
        OSError: if the disk has no room for the images.
    """
    rng = np.random.default_rng(spec.seed)
    if spec.kind in READ:
        images = READ[spec.kind](spec, rng, scratch)
        cut = len(images) - spec.test_images
        parts: list[tuple[Pixels, Factors]] = [(images[:cut], {}), (images[cut:].copy(), {})]
    else:
        parts = [DRAW[spec.kind](n, spec, rng) for n in (spec.train_images, spec.test_images)]
    (train, train_factors), (test, test_factors) = parts
    order = space_filling_order(train)
    factors = {name: values[order] for name, values in train_factors.items()}
    return ImageSet(ordered(train, order, scratch), test, factors, test_factors)


def chosen_digits(spec: DataSet, rng: np.random.Generator, scratch: Path | None) -> Pixels:
    """As many digits as wanted, by chance."""
    images = read_digits(spec)
    return images[rng.permutation(len(images))][: spec.train_images + spec.test_images]


def chosen_pictures(spec: DataSet, rng: np.random.Generator, scratch: Path | None) -> Pixels:
    """As many images of a folder as wanted, by chance from all of it, resized bicubically."""
    wanted = spec.train_images + spec.test_images
    found = pictures(Path(str(spec.path)), wanted, "train_images + test_images")
    images = empty((wanted, spec.channels, spec.image_size, spec.image_size), scratch)
    fill(images, [found[index] for index in rng.permutation(len(found))[:wanted]], Image.Resampling.BICUBIC)
    return images


DRAW: dict[str, Callable[[int, DataSet, np.random.Generator], tuple[Pixels, Factors]]] = {
    "ellipses": ellipses,
    "authors_ellipses": authors_ellipses,
    "disks": disks,
    "centred_disks": centred_disks,
    "dial": dial,
}


READ: dict[str, Callable[[DataSet, np.random.Generator, Path | None], Pixels]] = {
    "digits": chosen_digits,
    "folder": chosen_pictures,
}


def space_filling_order(images: Pixels, bits: int = 5) -> Int[np.ndarray, " n"]:
    """An order in which neighbours look alike: a Morton curve through the first three principal components.

    A batch of one image from each of m equal slices of this order (`streams.batch_indices`) covers the directions of
    largest variance evenly, which removes most of the noise of gradients and covariances.
    """
    pooled = _pooled(images)
    mean = pooled.sum(0, dtype=np.float64) / len(images)
    gram = sum(part.T @ part for part in _centred(pooled, mean))
    directions = np.linalg.eigh(gram)[1][:, -3:]
    projected = np.concatenate([part @ directions for part in _centred(pooled, mean)])
    ranks = np.argsort(np.argsort(projected, axis=0, kind="stable"), axis=0)
    cells = ranks * 2**bits // len(images)
    key = np.zeros(len(images), dtype=np.int64)
    for bit in range(bits):
        for axis in range(cells.shape[1]):
            key |= ((cells[:, axis] >> bit) & 1) << (bit * cells.shape[1] + axis)
    return np.argsort(key, kind="stable")


def _pooled(images: Pixels) -> UInt16[np.ndarray, "n features"]:
    """Sums over square cells, at most 16 × 16 of them, in a mapped set part by part."""
    n, channels, size, _ = images.shape
    cell = max(1, size // 16)
    pooled = np.empty((n, channels, size // cell, size // cell), dtype=np.uint16)
    for start in range(0, n, PART):
        part = images[start : start + PART, :, : size // cell * cell, : size // cell * cell]
        cells = part.reshape(-1, channels, size // cell, cell, size // cell, cell)
        cells.sum((3, 5), dtype=np.uint16, out=pooled[start : start + PART])
        release(images)
    return pooled.reshape(n, -1)


def _centred(
    pooled: UInt16[np.ndarray, "n features"], mean: Float[np.ndarray, " features"]
) -> Iterator[Float[np.ndarray, "part features"]]:
    return (pooled[start : start + PART] - mean for start in range(0, len(pooled), PART))
