"""Attributes of images: the regressor on colours it can read, statistics on constructed pictures."""

import numpy as np
import pytest
import torch

from latentspace.core import models
from latentspace.core.compute import CPU
from latentspace.core.params import Training
from latentspace.gan import attributes
from latentspace.gan.attributes import Regressor, laplacian_variance, measure_of, statistics, train_regressor
from latentspace.gan.direct import high_frequency_energy, sharpness
from latentspace.gan.params import Regressor as Section
from latentspace.gan.pretraining.dataset import ImageSet, centred
from latentspace.organise.network import DenseNetwork


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


def test_high_frequencies_are_those_above_half_the_highest():
    assert high_frequency_energy(wave(4)).item() == pytest.approx(0, abs=1e-9)
    assert high_frequency_energy(wave(12)).item() == pytest.approx(0.5, rel=1e-5)


def test_sharpness_of_the_originals_themselves_is_one_and_blur_lowers_it():
    torch.manual_seed(0)
    images = torch.rand(4, 3, 32, 32) * 2 - 1
    assert sharpness(images, images) == {"laplacian": 1.0, "high_frequency": 1.0}
    blurred = torch.nn.functional.avg_pool2d(images, 3, stride=1, padding=1)
    assert max(sharpness(blurred, images).values()) < 0.3


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


@pytest.fixture(scope="module")
def coloured():
    rng = np.random.default_rng(0)
    factors = rng.random((512, 2)).astype(np.float32)
    images = np.zeros((512, 16, 16, 3), np.uint8)
    images[:, :8, :, 0] = (255 * factors[:, 0])[:, None, None]
    images[:, 8:, :, 2] = (255 * factors[:, 1])[:, None, None]
    return ImageSet(images, factors, ["red", "blue"])


SCHEDULE = {"steps": 300, "batch_size": 32, "learning_rate": 0.01, "warmup": 0.1, "betas": [0.9, 0.99]}


@pytest.fixture(scope="module")
def regressor(coloured, tmp_path_factory):
    section = Section(widths=[8, 8], noise=0.05, training=Training(**SCHEDULE, checkpoint_every=100))
    return train_regressor(coloured, section, tmp_path_factory.mktemp("checkpoints"), CPU)


def test_the_regressor_reads_what_can_be_read(coloured, regressor):
    found = regressor.measure(centred(torch.from_numpy(coloured.images).permute(0, 3, 1, 2)))
    assert list(found) == ["red", "blue"]
    for column, name in enumerate(found):
        assert np.corrcoef(found[name], coloured.factors[:, column])[0, 1] > 0.98


def test_the_regressor_comes_back_from_its_file(tmp_path, regressor):
    path = tmp_path / "regressor.safetensors"
    models.save(regressor, path)
    images = torch.rand(2, 3, 16, 16)
    measured, again = regressor.measure(images), measure_of("regressor", path)(images)
    assert all(np.array_equal(measured[name], again[name]) for name in measured)
    assert isinstance(models.load(path), Regressor)


def test_photographs_need_no_regressor(tmp_path):
    assert measure_of("statistics", tmp_path / "none") is attributes.statistics


def test_a_file_of_something_else_is_named(tmp_path):
    path = tmp_path / "other.safetensors"
    with pytest.raises(ValueError, match=r"other\.safetensors: no such file"):
        measure_of("regressor", path)
    models.save(DenseNetwork(2, 3, 1), path)
    with pytest.raises(ValueError, match=r"other\.safetensors: holds a DenseNetwork"):
        measure_of("regressor", path)
