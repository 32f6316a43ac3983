"""Drawn image sets: their factors belong to their images."""

import numpy as np
import pytest

from latentspace.images import drawn as draw
from latentspace.images import make

from .samples import drawn


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_area_belongs_to_its_image(part):
    data = make.make_set(drawn("ellipses"))
    images, factors = getattr(data, part), getattr(data, f"{part}_factors")
    sums = images.sum(axis=(1, 2, 3)) / 255
    assert np.abs(sums / factors["area"] - 1).max() < 0.04
    assert np.pi * 2**2 <= factors["area"].min() and factors["area"].max() <= np.pi * 15**2


def test_the_log_ratios_are_those_of_second_moments():
    data = make.make_set(drawn("ellipses", image_size=64))
    axis = np.arange(64) - 31.5
    mass = data.train[:, 0] / data.train.sum(axis=(1, 2, 3))[:, None, None]
    xx, yy, xy = (
        (mass * grid).sum(axis=(1, 2)) for grid in (axis**2, axis[:, None] ** 2, axis[:, None] * axis[None, :])
    )
    long, angle = np.hypot(xx - yy, 2 * xy), np.arctan2(2 * xy, xx - yy)
    ratio = 0.5 * np.log((xx + yy + long) / (xx + yy - long))
    assert np.abs(ratio * np.cos(angle) - data.train_factors["log_ratio_cos"]).max() < 0.1
    assert np.abs(ratio * np.sin(angle) - data.train_factors["log_ratio_sin"]).max() < 0.1


def test_the_log_ratios_are_uncorrelated_and_of_equal_variance():
    n = 4000
    _, factors = draw.ellipses(n, drawn("ellipses", image_size=16), np.random.default_rng(1))
    cosine, sine = factors["log_ratio_cos"], factors["log_ratio_sin"]
    for values in (cosine, sine):
        assert abs(values.mean()) < 4 * values.std() / np.sqrt(n)
    for difference in (cosine * sine, cosine**2 - sine**2):
        assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(n)


@pytest.mark.parametrize("part", ["train", "test"])
def test_disks_are_where_and_as_large_as_their_factors_say(part):
    data = make.make_set(drawn("disks"))
    images, factors = getattr(data, part)[:, 0] / 255, getattr(data, f"{part}_factors")
    mass, axis = images.sum(axis=(1, 2)), np.arange(32) - 15.5
    assert np.abs((images.sum(axis=1) @ axis) / mass - factors["x"]).max() < 0.1
    assert np.abs((images.sum(axis=2) @ axis) / mass - factors["y"]).max() < 0.1
    assert np.abs(np.sqrt(mass / np.pi) - factors["radius"]).max() < 0.05
    assert max(np.abs(factors["x"]).max(), np.abs(factors["y"]).max()) <= 8
    assert factors["radius"].min() >= 32 / 12 and factors["radius"].max() <= 32 / 8


def test_the_hand_of_the_dial_is_at_its_angle():
    data = make.make_set(drawn("dial"))
    images, factors = data.train[:, 0] / 255, data.train_factors
    assert np.allclose(factors["cos"], np.cos(factors["angle"])) and np.allclose(
        factors["sin"], np.sin(factors["angle"])
    )
    mass, axis = images.sum(axis=(1, 2)), np.arange(32) - 15.5
    x, y = (images.sum(axis=1) @ axis) / mass, (images.sum(axis=2) @ axis) / mass
    assert np.abs(x - 8 * factors["cos"]).max() < 0.1 and np.abs(y - 8 * factors["sin"]).max() < 0.1
    assert np.unique(np.floor(factors["angle"] / (np.pi / 2))).tolist() == [0, 1, 2, 3]
