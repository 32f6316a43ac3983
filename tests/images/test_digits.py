"""Handwritten digits: all of them, each once."""

import numpy as np
import pytest

from latentspace.images import make
from latentspace.images.params import DataSet


def test_digits_are_those_of_mnist_each_in_one_part():
    spec = DataSet(kind="digits", image_size=32, train_images=4000, test_images=1000)
    data, small = make.make_set(spec), make.make_set(spec.model_copy(update={"image_size": 16}))
    assert data.train.shape == (4000, 1, 32, 32) and small.test.shape == (1000, 1, 16, 16)
    everything = np.concatenate([data.train, data.test])
    assert not everything[:, :, :2].any() and not everything[:, :, :, -2:].any(), "a margin"
    assert len({image.tobytes() for image in everything}) > 4990
    pooled = data.test.reshape(1000, 1, 16, 2, 16, 2).mean((3, 5))
    assert np.abs(small.test - pooled).max() <= 1
    with pytest.raises(ValueError, match=r"5000 digits, fewer than .* = 5001"):
        make.make_set(spec.model_copy(update={"test_images": 1001}))
