"""Fréchet distance in closed form; precision and recall of clusters."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from latentspace.measures.fidelity import frechet_distance, precision_recall


def with_moments(mean, root, n=200, seed=0):
    """Features of exactly this mean and the covariance root·rootᵀ."""
    x = np.random.default_rng(seed).standard_normal((n, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    return x @ np.asarray(root).T + mean


def test_the_distance_of_normal_distributions_with_equal_axes_is_that_of_means_and_deviations():
    one, other = with_moments([1, 2, 3], np.diag([1, 2, 3])), with_moments([1, 0, 3], np.diag([2, 2, 0.5]), seed=1)
    assert frechet_distance(one, other) == pytest.approx(2**2 + (2 - 1) ** 2 + (3 - 0.5) ** 2)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_the_distance_is_that_of_the_formula_with_other_axes():
    random = np.random.default_rng(2)
    roots = random.standard_normal((2, 4, 4))
    one, other = with_moments(np.zeros(4), roots[0]), with_moments(np.ones(4), roots[1], seed=3)
    covariances = [root @ root.T for root in roots]
    wanted = 4 + np.trace(sum(covariances) - 2 * sqrtm(covariances[0] @ covariances[1]).real)
    assert frechet_distance(one, other) == pytest.approx(wanted)
    assert frechet_distance(other, one) == pytest.approx(wanted)


def test_one_feature_and_a_constant_one_have_a_distance():
    assert frechet_distance(np.zeros((5, 1)), np.ones((5, 1))) == pytest.approx(1)


def test_a_generator_that_makes_one_of_two_kinds_has_half_the_recall():
    random = np.random.default_rng(0)
    left, right = random.normal(0, 1, (300, 2)), random.normal(50, 1, (300, 2))
    real, generated = np.concatenate([left, right]), random.normal(0, 0.5, (600, 2))
    precision, recall = precision_recall(real, generated)
    assert precision > 0.95 and 0.2 < recall <= 0.5
    assert precision_recall(real, real) == (1, 1)
    assert precision_recall(real, real + 1000) == (0, 0)


def test_precision_falls_with_images_among_none():
    random = np.random.default_rng(0)
    real = random.normal(0, 1, (400, 3))
    generated = np.concatenate([random.normal(0, 1, (300, 3)), random.normal(90, 1, (100, 3))])
    assert precision_recall(real, generated)[0] == pytest.approx(0.74, abs=0.02)


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="a Fréchet distance needs at least two images, not 1"):
        frechet_distance(np.zeros((1, 2)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="3 neighbours need more than 3 images"):
        precision_recall(np.zeros((3, 2)), np.zeros((9, 2)))
