"""Measures on constructed codes and images, where the answer is known."""

import numpy as np
import pytest

from latentspace.size import measures
from latentspace.size.primitive import fit_primitive
from latentspace.size.shapes import Disk, distances

RADII = (np.arange(60) + 0.5) / 60 * 12
DISKS = Disk().draw(RADII, 28, 0.5).astype(float)


def test_radius_error_of_disks_drawn_too_large():
    larger = Disk().draw(RADII + 0.25, 28, 0.5)
    assert measures.radius_error(larger, DISKS, RADII, 3.0, 11.0) == pytest.approx(0.25, abs=0.02)
    assert measures.radius_error(DISKS, DISKS, RADII, 1.0, 11.0) == 0
    with pytest.raises(ValueError, match="no test radius"):
        measures.radius_error(DISKS, DISKS, RADII, 100.0, 200.0)


def test_image_radius_of_negative_images_is_zero():
    assert measures.image_radius(-DISKS[-1:])[0] == 0


def test_correlations_of_known_codes():
    assert measures.pearson(-3 * RADII**2 + 1, RADII**2) == pytest.approx(1)
    assert measures.affine_r2(RADII**2, 5 - 2 * RADII**2) == pytest.approx(1)
    r = np.linspace(0, 1, 100_001)
    assert measures.pearson(r, r**2) == pytest.approx(np.sqrt(15) / 4, abs=1e-4), "uniform r: corr(r, r²) = √15/4"


def test_single_sign():
    assert measures.single_sign(np.array([[0.0], [1], [2]])) == 1
    assert measures.single_sign(-np.array([[0.0], [1], [2]])) == 1
    assert measures.single_sign(np.array([[-1e-9], [1]])) == 0


def test_common_direction_of_a_rank_one_family():
    f = np.random.default_rng(0).random((5, 5))
    f /= np.linalg.norm(f)
    found = measures.common_direction(-np.linspace(1, 2, 7)[:, None, None] * f)
    assert np.allclose(found, f)


def test_mse_and_r2():
    assert measures.mse(DISKS + 0.1, DISKS) == pytest.approx(0.01)
    assert measures.r2(DISKS, DISKS) == 1
    assert measures.r2(np.full_like(DISKS, DISKS.mean()), DISKS) == pytest.approx(0)


def test_a_thresholded_primitive_is_recovered():
    true = np.clip(np.exp(0.9 * (RADII[:, None, None] + 0.5 - distances(28))) - 1.2, 0, 1)
    fit = fit_primitive(true, RADII)
    assert fit.r2 > 0.9999
    assert np.abs(fit.draw() - true).mean() < 1e-3
    assert fit.f.max() == pytest.approx(1)


def test_disks_are_nearly_a_thresholded_primitive_and_noise_is_not():
    assert fit_primitive(DISKS, RADII).r2 > 0.98
    noise = np.random.default_rng(0).random(DISKS.shape)
    assert fit_primitive(noise, RADII, iterations=50).r2 < 0.5
