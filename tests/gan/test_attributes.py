"""Attributes of images: statistics on constructed ones."""

import numpy as np
import pytest
import torch

from latentspace.gan.attributes import laplacian_variance, statistics


def grey(plane):
    return torch.as_tensor(plane, dtype=torch.float32).expand(1, 3, -1, -1)


def wave(cycles, size=32):
    x = torch.arange(size) / size
    return grey(torch.cos(2 * np.pi * cycles * x).expand(size, size))


def test_a_flat_picture_has_no_sharpness_and_a_fine_wave_more_than_a_coarse_one():
    assert laplacian_variance(grey(torch.full((8, 8), 0.3))).item() == pytest.approx(0, abs=1e-12)
    coarse, fine = (laplacian_variance(wave(c)).item() for c in (2, 8))
    # The Laplacian multiplies a wave by 2 cos ω − 2.
    for cycles, value in ((2, coarse), (8, fine)):
        gain = 2 - 2 * np.cos(2 * np.pi * cycles / 32)
        assert value == pytest.approx(gain**2 / 2, rel=0.1)


def test_statistics_follow_the_region_they_are_named_after():
    base = {name: values[0] for name, values in statistics(torch.zeros(1, 3, 64, 64)).items()}
    assert all(value == 0 for value in base.values())
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, :, 4:14, 20:44] = 0.8  # where hair is
    found = {name: values[0] for name, values in statistics(picture).items()}
    assert found["hair_lightness"] == pytest.approx(0.8, rel=0.1)
    assert found["skin_lightness"] == found["background_lightness"] == found["pose"] == 0
    left = torch.zeros(1, 3, 64, 64)
    left[..., :32] = 0.5
    assert statistics(left)["pose"][0] == pytest.approx(0.5, rel=0.01)
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = 1
    assert statistics(red)["background_hue"][0] == statistics(red)["skin_hue"][0] == 1
    lips = torch.zeros(1, 3, 64, 64)
    lips[:, :, 46:48, 24:40] = 1
    assert statistics(lips)["mouth_contrast"][0] > 0.1 > statistics(lips)["eyes_contrast"][0]


def test_grey_images_have_the_statistics_of_grey_ones_in_colour_without_the_hues():
    torch.manual_seed(0)
    images = torch.rand(5, 1, 16, 16) * 2 - 1
    found, coloured = statistics(images), statistics(images.expand(-1, 3, -1, -1))
    assert set(coloured) - set(found) == {"hair_hue", "skin_hue", "background_hue"}
    for name, values in found.items():
        assert np.allclose(values, coloured[name], atol=1e-6), name


@pytest.mark.parametrize("size", [4, 8, 256])
def test_regions_of_images_of_any_size_have_pixels(size):
    assert all(np.isfinite(values).all() for values in statistics(torch.rand(2, 3, size, size)).values())
