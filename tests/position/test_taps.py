"""Learnt taps: the gradient, the exact solution, the tap that nothing depends on."""

import numpy as np
import pytest
from scipy import optimize

from latentspace.position import taps as encoder
from latentspace.position import theory
from latentspace.position.dataset import held_out
from latentspace.position.params import LBFGS

SETTINGS = LBFGS(evaluations=1500, memory=50)


def exact(levels, dimensions):
    return np.stack([encoder.reference(dimensions)] * levels)


@pytest.mark.parametrize(("levels", "dimensions"), [(3, 1), (6, 1), (4, 2)])
def test_answers_are_those_of_the_theorem(levels, dimensions):
    w = encoder.answers(exact(levels, dimensions))[-1]
    expected = encoder.target(levels, dimensions)
    assert (w == expected).all()
    if dimensions == 2:
        assert (w == theory.filter_2d(levels)[0]).all()


def test_answers_of_random_taps_are_those_of_the_layers():
    taps = np.random.default_rng(0).standard_normal((4, 3))
    x = np.eye(16)
    for kernel in taps:
        x = theory.layer(x, kernel.tolist())
    assert np.allclose(encoder.answers(taps)[-1], x[:, 0])


@pytest.mark.parametrize(("levels", "dimensions"), [(4, 1), (3, 2)])
def test_gradient_by_differences(levels, dimensions):
    taps = np.random.default_rng(0).standard_normal((levels, *(3,) * dimensions))
    wanted = encoder.target(levels, dimensions)
    error = optimize.check_grad(
        lambda flat: encoder.loss(flat.reshape(taps.shape), wanted)[0],
        lambda flat: encoder.loss(flat.reshape(taps.shape), wanted)[1].ravel(),
        taps.ravel(),
    )
    assert error < 1e-5 * np.linalg.norm(encoder.loss(taps, wanted)[1])


@pytest.mark.parametrize(("levels", "dimensions"), [(3, 1), (2, 2), (4, 2)])
def test_taps_out_of_use_get_no_gradient_and_all_others_do(levels, dimensions):
    taps = np.random.default_rng(0).standard_normal((levels, *(3,) * dimensions))
    gradient = encoder.loss(taps, encoder.target(levels, dimensions))[1]
    assert ((gradient != 0) == encoder.used(levels, dimensions)).all()
    assert (~encoder.used(levels, dimensions)).sum() == {1: 1, 2: 5}[dimensions]


def test_tap_error_is_blind_to_scale_per_layer_and_to_the_padding_tap_only():
    taps = exact(4, 1) * np.array([[2.0], [-0.3], [5.0], [1.0]])
    taps[-1, 0] = 99.0
    assert encoder.tap_error(taps) == pytest.approx(0, abs=1e-12)
    taps[0, 0] *= 1.1
    assert encoder.tap_error(taps) > 0.05


@pytest.mark.parametrize(("levels", "dimensions"), [(3, 1), (6, 1), (8, 1), (4, 2)])
def test_learning_recovers_the_filter(levels, dimensions):
    learnt = encoder.learn(encoder.positive_taps(levels, dimensions, seed=7), SETTINGS)
    assert encoder.tap_error(learnt.taps) < 1e-6
    assert encoder.rmse(learnt.taps, held_out(100, 2**levels, dimensions)) < 1e-6
    assert learnt.curve[0] > 1 > 1e-6 > learnt.curve[-1]


def test_rmse_is_that_of_the_layers_on_fractional_diracs():
    taps = np.random.default_rng(1).uniform(0, 1, (4, 3))
    a = held_out(50, 16, 1)
    x = theory.fractional(a[:, 0], 16)
    for kernel in taps:
        x = theory.layer(x, kernel.tolist())
    assert encoder.rmse(taps, a) == pytest.approx(np.sqrt(np.mean((x[:, 0] - (16 - a[:, 0])) ** 2)))
    kernels = np.random.default_rng(1).uniform(0, 1, (3, 3, 3))
    b = held_out(49, 8, 2)
    w = encoder.answers(kernels)[-1]
    found = (theory.fractional_2d(b, 8) * w).sum((1, 2))
    assert encoder.rmse(kernels, b) == pytest.approx(np.sqrt(np.mean((found - (8 - b[:, 0])) ** 2)))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="L = 13"):
        encoder.learn(np.ones((13, 3)), SETTINGS)
    with pytest.raises(ValueError, match="empty set"):
        encoder.rmse(exact(3, 1), np.empty((0, 1)))
