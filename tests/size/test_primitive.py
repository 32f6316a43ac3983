"""The fit of a scaled and thresholded primitive to images with known answers."""

import numpy as np
import pytest
from scipy import optimize

from latentspace.images.shapes import Disk, distances
from latentspace.size.primitive import _loss, experiment, fit_primitive

RADII = (np.arange(60) + 0.5) / 60 * 12
DISKS = Disk().draw(RADII, 28, 0.5).astype(float)


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


def test_gradient_by_differences():
    rng = np.random.default_rng(0)
    flat, p = rng.random((3, 4)), 0.2 * rng.standard_normal(3 + 4 + 1)
    p[:3] += 0.4  # most h f − t are then inside (0, 1)
    error = optimize.check_grad(lambda q: _loss(q, flat)[0], lambda q: _loss(q, flat)[1], p)
    assert error < 1e-5 * np.linalg.norm(_loss(p, flat)[1])


def test_experiment(pair, disks, complete):
    findings = experiment(pair(init="averaging"), disks)
    assert not complete(findings, {"bias": ("threshold_r2",)}, ["primitive.png"])
