"""Measures on constructed codes and images with known answers."""

import numpy as np
import pytest
import torch

from latentspace.images.shapes import Disk
from latentspace.size import measures

RADII = (np.arange(60) + 0.5) / 60 * 12
DISKS = Disk().draw(RADII, 28, 0.5).astype(float)


def test_a_response_is_the_code_and_the_reconstruction(network, disks):
    net = network(code_size=2)
    response = measures.respond(net, disks.test)
    x = torch.as_tensor(disks.test)[:, None]
    assert response.codes.dtype == response.outputs.dtype == np.float64
    assert np.allclose(response.codes, net.encode(x).detach().numpy())
    assert np.allclose(response.outputs, net(x).detach().numpy()[:, 0], atol=1e-6)


def test_responses_are_by_variant_and_seed(pair, disks):
    found = measures.responses({"a": pair(), "b": pair(bias=False)}, disks)
    assert {name: list(by_seed) for name, by_seed in found.items()} == {"a": [0, 1], "b": [0, 1]}
    assert found["a"][0].outputs.shape == disks.test.shape
    assert not np.array_equal(found["a"][0].codes, found["a"][1].codes)


def test_radius_error_of_disks_drawn_too_large():
    larger = Disk().draw(RADII + 0.25, 28, 0.5)
    assert measures.radius_error(larger, DISKS, RADII, 3.0, 11.0) == pytest.approx(0.25, abs=0.02)
    assert measures.radius_error(DISKS, DISKS, RADII, 1.0, 11.0) == 0
    with pytest.raises(ValueError, match="no test radius"):
        measures.radius_error(DISKS, DISKS, RADII, 100.0, 200.0)


def test_image_radius_of_negative_images_is_zero():
    assert measures.image_radius(-DISKS[-1:])[0] == 0


def test_image_radius_of_disks_is_their_radius():
    assert np.abs(measures.image_radius(DISKS) - RADII)[RADII > 2].max() < 0.02


def test_common_direction_of_a_rank_one_family():
    f = np.random.default_rng(0).random((5, 5))
    f /= np.linalg.norm(f)
    found = measures.common_direction(-np.linspace(1, 2, 7)[:, None, None] * f)
    assert np.allclose(found, f)


def test_common_direction_is_the_stronger_of_two_orthogonal_ones():
    f, g = np.zeros((2, 2)), np.zeros((2, 2))
    f[0, 0], g[1, 1] = 1, 1
    assert np.allclose(measures.common_direction(np.stack([3 * f, -2 * g, 3 * f])), f)


def test_mse_and_r2():
    assert measures.mse(DISKS + 0.1, DISKS) == pytest.approx(0.01)
    assert measures.r2(DISKS, DISKS) == 1
    assert measures.r2(np.full_like(DISKS, DISKS.mean()), DISKS) == pytest.approx(0)
