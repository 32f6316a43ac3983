"""Measures on constructed pictures and codes; sampling of positions."""

import numpy as np
import pytest

from latentspace.position import dataset
from latentspace.position.measures import affine_r2, diracs, peak, peak_error, relative_l2, spearman


@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_peak_of_a_dirac_is_its_position(dimensions):
    a = dataset.held_out(100, 16, dimensions)
    assert np.allclose(peak(diracs(a, 16)), a)


def test_the_peak_ignores_faint_tails():
    a = dataset.held_out(100, 64, 1)
    x = diracs(a, 64)
    tail = x.copy()
    tail[:, 0] += 0.05
    far = a[:, 0] > 4
    assert np.allclose(peak(tail)[far], a[far])


def test_peak_error_of_a_shift_is_the_shift():
    a = dataset.continuous(50, 14, 2, 0) + 0.5
    assert peak_error(diracs(a, 16), diracs(a + np.array([0.3, 0.4]), 16)) == pytest.approx(0.5)
    assert peak_error(diracs(a, 16), diracs(a, 16)) == 0


def test_relative_l2_of_zero_double_and_equal_pictures():
    x = diracs(dataset.held_out(30, 16, 1), 16)
    assert relative_l2(0 * x, x) == relative_l2(2 * x, x) == 1
    assert relative_l2(x, x) == 0


def test_spearman_sees_any_monotone_function_and_nothing_in_a_fold():
    a = np.linspace(-1, 1, 201)
    assert spearman(-np.exp(3 * a), a) == pytest.approx(1)
    assert spearman(a**2, a) == pytest.approx(0, abs=0.01)


def test_affine_r2_is_blind_to_affine_maps_and_zero_for_noise():
    a = dataset.held_out(400, 16, 2)
    mixed = a @ np.array([[1.0, 2.0], [-1.0, 0.5]]) + 3
    assert affine_r2(mixed, a) == pytest.approx(1)
    assert affine_r2(np.random.default_rng(0).standard_normal((400, 2)), a) < 0.05
    assert affine_r2(a[:, :1], a) == pytest.approx(0.5, abs=0.05), "one number tells one coordinate of two"


@pytest.mark.parametrize("dimensions", [1, 2])
def test_positions_are_stratified_in_range_and_held_out(dimensions):
    a = dataset.continuous(400, 16, dimensions, 0)
    assert len(a) == 400 and a.min() >= 0 and a.max() <= 15
    per_axis = round(400 ** (1 / dimensions))
    cells = np.floor(a / 15 * per_axis).astype(int)
    assert len(np.unique(cells, axis=0)) == 400
    other = dataset.held_out(400, 16, dimensions)
    assert not np.isin(a, other).any()


def test_whole_is_every_pixel():
    assert dataset.whole(3, 1).tolist() == [[0], [1], [2]]
    assert len(np.unique(dataset.whole(4, 2), axis=0)) == 16
