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


def test_the_validation_set_has_radii_of_its_own_and_leaves_the_other_sets_as_they_are(tmp_path):
    plain, data = scaled.make(Disk(), SAMPLING), scaled.make(Disk(), SAMPLING, validation_images=16)
    assert plain.validation.shape == (0, 32, 32) and data.validation.shape == (16, 32, 32)
    assert np.array_equal(data.train, plain.train) and np.array_equal(data.test, plain.test)
    assert np.array_equal(np.floor(data.validation_radii / (15.5 / 16)), np.arange(16)), "stratified"
    assert not set(data.validation_radii) & {*data.train_radii, *data.test_radii}
    for name, one in {"plain": plain, "data": data}.items():
        scaled.save(one, tmp_path / f"{name}.npz")
        assert np.array_equal(scaled.load(tmp_path / f"{name}.npz").validation, one.validation)


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
