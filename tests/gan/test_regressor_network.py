"""The network that reads factors off images: scale, files."""

import numpy as np
import pytest
import torch

from latentspace.gan import attributes
from latentspace.gan.regressor_network import Regressor, measure_of
from latentspace.nn import models
from latentspace.pca.networks import DenseNetwork


@pytest.fixture(scope="module")
def regressor():
    torch.manual_seed(0)
    made = Regressor(16, [4, 4], ["red", "blue"])
    made.fit_scale(torch.tensor([[1.0, 10.0], [3.0, 30.0]]))
    return made.eval()


def test_outputs_are_in_the_units_of_the_factors(regressor):
    assert regressor.mean.tolist() == [2, 20]
    images = torch.rand(3, 3, 16, 16)
    with torch.no_grad():
        wanted = regressor.mean + regressor.deviation * regressor.network(images)
    found = regressor.measure(images)
    assert list(found) == ["red", "blue"]
    assert np.column_stack(list(found.values())) == pytest.approx(wanted.numpy(), rel=1e-5)


def test_grey_images_and_other_sizes_are_converted(regressor):
    shades = torch.linspace(-1, 1, 3).view(3, 1, 1, 1)
    wanted = regressor.measure(shades.expand(-1, 3, 16, 16))
    for size in (4, 16, 64):
        found = regressor.measure(shades.expand(-1, 1, size, size))
        assert all(found[name] == pytest.approx(wanted[name], rel=1e-4) for name in wanted)


def test_the_regressor_comes_back_from_its_file(tmp_path, regressor):
    path = tmp_path / "regressor.safetensors"
    models.save(regressor, path)
    images = torch.rand(2, 3, 16, 16)
    measured, again = regressor.measure(images), measure_of("regressor", path)(images)
    assert all(np.array_equal(measured[name], again[name]) for name in measured)
    assert isinstance(models.load(path), Regressor)


def test_faces_need_no_regressor(tmp_path):
    assert measure_of("statistics", tmp_path / "none") is attributes.statistics


def test_a_file_of_something_else_is_named(tmp_path):
    path = tmp_path / "other.safetensors"
    with pytest.raises(ValueError, match=r"other\.safetensors: no such file"):
        measure_of("regressor", path)
    models.save(DenseNetwork(2, 3, 1), path)
    with pytest.raises(ValueError, match=r"other\.safetensors: holds a DenseNetwork"):
        measure_of("regressor", path)
