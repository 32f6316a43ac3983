"""Image sets: training and test images with their factors, if known; as batches and as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from latentspace.images import npz

Pixels = UInt8[np.ndarray, "n channels size size"]
Factors = Mapping[str, Float[np.ndarray, " n"]]


@dataclass(frozen=True)
class ImageSet:
    """Training and test images, with their factors if these are known.

    Attributes:
        train: training images, shape (n, channels, size, size), 0 … 255, in an order in which neighbours look alike.
        test: test images, shape (m, channels, size, size), 0 … 255.
        train_factors: factor values of the training images by name, each of shape (n,); empty if unknown.
        test_factors: factor values of the test images by name, each of shape (m,); empty if unknown.
    """

    train: Pixels
    test: UInt8[np.ndarray, "m channels size size"]
    train_factors: Factors
    test_factors: Mapping[str, Float[np.ndarray, " m"]]


def to_batch(images: Pixels) -> Float[np.ndarray, "n channels size size"]:
    """Images as input of networks, float32 in [0, 1]."""
    return images.astype(np.float32) / 255


def save(data: ImageSet, path: Path) -> None:
    """Write `data` as npz atomically; equal data give equal bytes. Large sets are not compressed, to be mapped."""
    arrays = {"train": data.train, "test": data.test}
    arrays |= {f"train.{name}": values for name, values in data.train_factors.items()}
    arrays |= {f"test.{name}": values for name, values in data.test_factors.items()}
    npz.write(path, arrays, compressed=data.train.nbytes <= npz.MAPPED)


def load(path: Path) -> ImageSet:
    """Read an image set; a large one is mapped. Raises ValueError naming the file if it is missing or damaged."""
    arrays = npz.read(path, ("train", "test"))
    factors = {
        part: {name.removeprefix(f"{part}."): arrays[name] for name in arrays if name.startswith(f"{part}.")}
        for part in ("train", "test")
    }
    return ImageSet(arrays["train"], arrays["test"], factors["train"], factors["test"])
