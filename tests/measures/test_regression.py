"""R² of linear maps."""

import numpy as np
import pytest

from latentspace.measures.regression import linear_r2

from .samples import GRID, normal, turned


def test_linear_r2_is_the_mean_over_targets():
    mixed = 100 + GRID @ np.array([[1.0, 2.0], [-1.0, 0.5]])
    assert linear_r2(mixed, GRID) == pytest.approx(1)
    assert linear_r2(GRID[:, :1], GRID * [1, 100]) == pytest.approx(0.5), (
        "every target counts the same, whatever its scale"
    )
    assert linear_r2(turned(GRID, np.pi / 4)[:, :1], GRID) == pytest.approx(0.5)
    assert linear_r2(GRID, np.column_stack([GRID[:, 0], np.full(400, 0.1)])) == pytest.approx(0.5), (
        "a constant counts 0"
    )
    assert 0 <= linear_r2(normal(2000, 2, 1), normal(2000, 2, 2)) < 0.01


def test_linear_r2_with_repeated_or_constant_inputs():
    assert linear_r2(np.column_stack([GRID, GRID, np.ones(400)]), GRID) == pytest.approx(1)
    assert linear_r2(np.ones((400, 1)), GRID) == pytest.approx(0)
