"""Read folders of images, for image sets and for pre-training."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from latentspace.images.image_set import Pixels
from latentspace.images.params import DataSet

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


def read_folder(spec: DataSet) -> Pixels:
    """Images of the folder `spec.path` in the order of their names, cropped to central squares, resized bicubically.

    Raises:
        ValueError: naming the folder if it holds too few images, or the file that cannot be read.
    """
    wanted = spec.train_images + spec.test_images
    found = paths(Path(str(spec.path)))[:wanted]
    if len(found) < wanted:
        raise ValueError(f"{spec.path}: {len(found)} images, fewer than train_images + test_images = {wanted}")
    images = np.empty((wanted, spec.channels, spec.image_size, spec.image_size), dtype=np.uint8)
    for out, path in zip(images, found, strict=True):
        picture = square(path, spec.image_size, "RGB" if spec.channels == 3 else "L", Image.Resampling.BICUBIC)
        out[:] = np.moveaxis(np.atleast_3d(picture), 2, 0)
    return images


def read_averaged(folder: Path, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """All images of a folder in the order of their names, in colour, cropped to squares, averaged down to `size`.

    Raises:
        ValueError: naming the folder if it holds fewer than two images, or the file that cannot be read.
    """
    found = paths(folder)
    if len(found) < 2:
        raise ValueError(f"{folder}: fewer than two images ({', '.join(sorted(SUFFIXES))})")
    return np.stack([square(path, size, "RGB", Image.Resampling.BOX) for path in found])


def paths(folder: Path) -> list[Path]:
    """Paths of the images below `folder`, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def square(
    path: Path, size: int, mode: Literal["L", "RGB"], resampling: Image.Resampling
) -> UInt8[np.ndarray, "size size *channels"]:
    """The largest central square of an image, upright by its EXIF orientation, resized to `size` pixels.

    Raises:
        ValueError: naming the file if it is damaged or has more pixels than Pillow accepts.
    """
    try:
        with Image.open(path) as image:
            upright = _eight_bits(ImageOps.exif_transpose(image)).convert(mode)
            return np.asarray(ImageOps.fit(upright, (size, size), resampling))
    except Exception as error:  # every image format raises its own errors for damaged or oversized files
        raise ValueError(f"{path}: not a readable image ({type(error).__name__})") from None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Convert 16 bits per pixel to 8, and a palette, which may have transparent colours, to RGBA."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA") if image.mode == "P" else image
