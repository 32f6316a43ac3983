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


def test_centred_disks_have_the_area_of_their_radius():
    data = make.make_set(drawn("centred_disks", image_size=64))
    radius, area = data.test_factors["radius"], data.test_factors["area"]
    assert np.allclose(area, np.pi * radius**2)
    assert np.abs(data.test.sum(axis=(1, 2, 3)) / 255 - area).max() < 0.5 + 0.01 * area.max()
    assert np.diff(np.sort(radius)).max() < 2 * 31.5 / len(radius)  # one in each of n equal parts
    assert np.array_equal(data.test, data.test[..., ::-1])


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


def test_ellipses_of_the_authors_have_whole_axes_and_degrees_and_their_centre_at_half_the_size():
    images, factors = draw.authors_ellipses(256, drawn("authors_ellipses"), np.random.default_rng(0))
    ratio = np.hypot(factors["log_ratio_cos"], factors["log_ratio_sin"])
    long, short = (np.sqrt(factors["area"] / np.pi * np.exp(sign * ratio)) for sign in (1, -1))
    for axes in (long, short):
        assert np.allclose(axes, axes.round()) and set(axes.round()) <= set(range(2, 16))
    turned = np.arctan2(factors["log_ratio_sin"], factors["log_ratio_cos"]) % np.pi  # 2θ; + π if b > a
    assert np.allclose(np.degrees(turned / 2)[ratio > 0], np.degrees(turned / 2)[ratio > 0].round())
    small = long < 12  # not cut off by the image's edge
    mass, axis = images[small, 0] / images[small].sum(axis=(1, 2, 3))[:, None, None], np.arange(32)
    assert np.abs(mass.sum(axis=1) @ axis - 16).max() < 0.05 and np.abs(mass.sum(axis=2) @ axis - 16).max() < 0.05
