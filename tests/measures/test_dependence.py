"""Dependence between components of constructed codes."""

import numpy as np
import pytest

from latentspace.measures.dependence import correlation_table, covariance_table, distance_correlations, max_correlation

from .samples import GRID, normal


def test_covariance_of_a_known_code_and_its_labels():
    table = covariance_table(np.array([[1.0, 2.0, 5.0], [-1.0, -2.0, 5.0], [1.0, -2.0, 5.0], [-1.0, 2.0, 5.0]]) + 3)
    assert list(table.index) == list(table.columns) == ["z1", "z2", "z3"]
    assert np.allclose(table, np.diag([1, 4, 0]), atol=1e-15)


def test_correlation_of_equal_opposite_independent_and_constant_components():
    codes = np.column_stack([GRID, -3 * GRID[:, 0] + 1, np.full(400, 0.1)])
    wanted = [[1, 0, -1, 0], [0, 1, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 0]]
    assert np.allclose(correlation_table(codes), wanted, atol=1e-14)
    assert correlation_table(codes).loc["z4"].eq(0).all(), "exactly 0, not noise of rounding"


def test_max_correlation_leaves_out_the_diagonal():
    assert max_correlation(GRID) == pytest.approx(0, abs=1e-14)
    assert max_correlation(np.column_stack([GRID, -GRID[:, 1]])) == pytest.approx(1)
    assert max_correlation(np.column_stack([GRID[:, 0], GRID.sum(1)])) == pytest.approx(np.sqrt(0.5))
    assert max_correlation(normal(5000, 3)) < 0.05


def test_distance_correlation_sees_the_circle_that_covariance_does_not():
    angle = 2 * np.pi * np.arange(400) / 400
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    table = distance_correlations(circle)
    assert max_correlation(circle) < 1e-12
    assert table.loc["z1", "z2"] == table.loc["z2", "z1"] == pytest.approx(0.2, abs=0.02)
    assert list(np.diag(table)) == [1, 1]


def test_distance_correlation_is_zero_for_independent_and_one_for_affine_components():
    table = distance_correlations(np.column_stack([GRID, 2 - 5 * GRID[:, 0], np.full(400, 0.1)])).to_numpy()
    wanted = [[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]]
    assert np.allclose(table, wanted, atol=1e-6)
    assert table.max() <= 1


def test_distance_correlation_agrees_with_its_definition():
    codes = normal(60, 2) @ np.array([[1.0, 0.4], [0.0, 1.0]])
    distances = np.abs(codes.T[:, :, None] - codes.T[:, None, :])
    centred = distances - distances.mean(1, keepdims=True) - distances.mean(2, keepdims=True)
    centred += distances.mean((1, 2), keepdims=True)
    products = np.einsum("iab,jab->ij", centred, centred)
    wanted = np.sqrt(products[0, 1] / np.sqrt(products[0, 0] * products[1, 1]))
    assert distance_correlations(codes).iat[0, 1] == pytest.approx(wanted)


@pytest.mark.parametrize("decimals", [1, 15], ids=["ties", "no ties"])
def test_distance_correlation_agrees_with_the_reference_implementation(decimals):
    import dcor

    codes = (normal(777, 3) @ np.array([[1.0, 0.4, 0.0], [0.0, 1.0, 0.2], [0.0, 0.0, 1.0]])).round(decimals)
    found = distance_correlations(codes).to_numpy()
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert found[i, j] == pytest.approx(dcor.distance_correlation(codes[:, i], codes[:, j]), rel=1e-9)
