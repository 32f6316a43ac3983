"""Normalised mutual information from equal-count bins."""

import numpy as np
import pytest

from latentspace.measures.information import _equal_counts, normalised_information

from .samples import FACTORS, GRID, named, normal


def test_bins_hold_equal_counts_and_do_not_part_equal_values():
    columns = np.column_stack([np.random.default_rng(0).permutation(np.arange(100.0)), np.repeat([3.0, 1.0], 50)])
    found = _equal_counts(columns, 20)
    assert np.bincount(found[:, 0]).tolist() == [5] * 20
    assert set(found[:50, 1]) == {10} and set(found[50:, 1]) == {0}


def test_the_factors_themselves_have_all_their_information_and_none_of_others():
    assert np.allclose(normalised_information(GRID, FACTORS), np.eye(2), atol=1e-12)
    assert np.allclose(normalised_information(-np.exp(GRID), FACTORS), np.eye(2), atol=1e-12)


def test_half_the_levels_have_the_ratio_of_entropies():
    halves = (GRID[:, :1] > 0).astype(float)
    assert normalised_information(halves, FACTORS)[0] == pytest.approx([np.log(2) / np.log(20), 0], abs=1e-12)


def test_noise_has_the_bias_of_the_bins():
    table = normalised_information(normal(4000, 3, 1), named(normal(4000, 3, 2)), bins=10)
    assert table.mean() == pytest.approx(9**2 / 8000 / np.log(10), rel=0.15)


def test_a_constant_factor_has_no_information():
    table = normalised_information(GRID, {"u": GRID[:, 0], "same": np.full(400, 0.1)})
    assert np.allclose(table, [[1, 0], [0, 0]], atol=1e-12)
