"""Measures on constructed pictures."""

import numpy as np
import pytest
import torch

from latentspace.position import dataset
from latentspace.position.measures import diracs, evaluate, peak, peak_error, relative_l2


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


def test_evaluation_is_in_float32_and_in_parts_of_a_thousand():
    seen = []

    def double(x):
        seen.append((len(x), x.dtype))
        return 2 * x

    a = np.arange(2500.0)[:, None]
    found = evaluate(double, a)
    assert found.dtype == np.float64 and (found == 2 * a).all()
    assert seen == [(1000, torch.float32), (1000, torch.float32), (500, torch.float32)]
