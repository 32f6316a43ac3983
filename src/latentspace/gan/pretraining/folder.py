"""Any folder of images as a training set, such as a user's own crops of CelebA, which may not be redistributed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from latentspace.gan.pretraining.dataset import ImageSet
from latentspace.gan.pretraining.params import Folder

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


def square(path: Path, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """The largest centred square of an image, averaged to `size` pixels; raises ValueError naming a damaged file."""
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            return np.asarray(ImageOps.fit(upright, (size, size), Image.Resampling.BOX))
    except Exception as error:  # each image format has its own words for a damaged or oversized file
        raise ValueError(f"{path}: not a sound image ({type(error).__name__}); remove it") from None


def make(config: Folder) -> ImageSet:
    """All images below the folder, in the order of their names."""
    paths = sorted(path for path in Path(config.path).rglob("*") if path.suffix.lower() in SUFFIXES)
    if len(paths) < 2:
        raise ValueError(f"{config.path}: fewer than two images ({', '.join(sorted(SUFFIXES))})")
    images = np.stack([square(path, config.image_size) for path in paths])
    return ImageSet(images, np.zeros((len(images), 0), np.float32), [])
