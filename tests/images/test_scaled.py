"""Data sets of scaled shapes are deterministic, stratified and checked on reading."""

import numpy as np
import pytest

from latentspace.images import scaled
from latentspace.images.params import Sampling
from latentspace.images.shapes import Disk

SAMPLING = Sampling(image_size=32, radius_max=15.5, blur=0.5, train_images=64, test_images=16, seed=4)


def test_data_are_stratified_deterministic_and_round_trip(tmp_path):
    data, again = (scaled.make(Disk(), SAMPLING) for _ in range(2))
    width = SAMPLING.radius_max / SAMPLING.train_images
    assert np.array_equal(np.floor(data.train_radii / width), np.arange(SAMPLING.train_images))
    scaled.save(data, tmp_path / "a.npz")
    scaled.save(again, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert np.array_equal(scaled.load(tmp_path / "a.npz").test, data.test)
    other = scaled.make(Disk(), SAMPLING.model_copy(update={"seed": 5}))
    assert not np.array_equal(other.train, data.train)


def test_damaged_data_files_are_named(tmp_path):
    path = tmp_path / "disks.npz"
    with pytest.raises(ValueError, match="no such file"):
        scaled.load(path)
    scaled.save(scaled.make(Disk(), SAMPLING), path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"disks\.npz: damaged"):
        scaled.load(path)


def test_a_hole_leaves_the_test_set_whole():
    data = scaled.make(Disk(), SAMPLING)
    holed = scaled.without_hole(data, [5.0, 9.0])
    assert not ((holed.train_radii > 5) & (holed.train_radii < 9)).any()
    assert len(holed.train) == len(holed.train_radii) < len(data.train)
    assert np.array_equal(holed.test, data.test)
    with pytest.raises(ValueError, match="fewer than two"):
        scaled.without_hole(data, [0.0, 15.5])
