"""MIG, SAP and DCI of constructed codes."""

import numpy as np
import pytest

from latentspace.measures.factors import _concentration, dci, mutual_information_gap, sap

from .samples import FACTORS, GRID, named, normal, turned


def test_gaps_of_the_factors_themselves_are_1():
    assert mutual_information_gap(GRID, FACTORS) == pytest.approx(1, abs=1e-12)
    assert sap(GRID, FACTORS) == pytest.approx(1, abs=1e-12)
    assert mutual_information_gap(-np.exp(GRID[:, ::-1]), FACTORS) == pytest.approx(1, abs=1e-12), (
        "any monotone code will do"
    )


def test_gaps_of_a_duplicated_code_are_exactly_0():
    factors = normal(1000, 2)
    codes = np.column_stack([factors, factors])
    assert mutual_information_gap(codes, named(factors)) == 0
    assert sap(codes, named(factors)) == 0


def test_gaps_of_a_code_with_one_factor_twice_are_the_mean_of_0_and_1():
    codes = np.column_stack([GRID, GRID[:, 0]])
    assert mutual_information_gap(codes, FACTORS) == pytest.approx(0.5, abs=1e-12)
    assert sap(codes, FACTORS) == pytest.approx(0.5, abs=1e-12)


def test_gaps_of_a_mixed_code():
    assert sap(turned(GRID, np.pi / 4), FACTORS) == pytest.approx(0, abs=1e-12)
    assert sap(turned(GRID, np.pi / 6), FACTORS) == pytest.approx(0.75 - 0.25)
    assert mutual_information_gap(turned(GRID, np.pi / 4), FACTORS) < 0.02


def test_mig_of_a_coarser_code_is_the_ratio_of_entropies():
    codes = np.column_stack([np.floor(GRID[:, 0] / 2 * 3.99), GRID[:, 1]])
    counts = np.unique(codes[:, 0], return_counts=True)[1] / 400
    wanted = -(counts * np.log(counts)).sum() / np.log(20)
    assert mutual_information_gap(codes, {"u": GRID[:, 0]}) == pytest.approx(wanted)


def test_gaps_of_unrelated_codes_are_small():
    codes, factors = normal(4000, 3, 1), named(normal(4000, 2, 2))
    assert mutual_information_gap(codes, factors) < 0.01
    assert sap(codes, factors) < 0.005


def test_a_constant_factor_counts_0_in_the_gaps():
    factors = {"u": GRID[:, 0], "same": np.full(400, 0.1)}
    assert mutual_information_gap(GRID, factors) == pytest.approx(0.5, abs=1e-12)
    assert sap(GRID, factors) == pytest.approx(0.5, abs=1e-12)


def test_dci_of_permuted_factors_is_nearly_1():
    factors = normal(2000, 3)
    codes = factors[:, [2, 0, 1]] * [-1, 2, 5]
    scores = dci(codes, named(factors))
    assert scores.disentanglement > 0.98 and scores.completeness > 0.98 and scores.informativeness > 0.97


def test_dci_of_a_fully_mixed_code_is_low_although_it_informs():
    factors = normal(2000, 2)
    scores = dci(turned(factors, np.pi / 4), named(factors))
    assert scores.disentanglement < 0.05 and scores.completeness < 0.05
    assert scores.informativeness > 0.9


def test_dci_tells_disentangled_from_complete():
    factors = normal(2000, 2)
    split = np.column_stack([np.maximum(factors, 0), np.minimum(factors, 0)])  # two components for every factor
    scores = dci(split, named(factors))
    assert scores.disentanglement > 0.98 and scores.completeness < 0.6


def test_dci_of_nothing_is_0():
    factors = normal(400, 2)
    scores = dci(np.ones((400, 3)), named(factors))
    assert [scores.disentanglement, scores.completeness] == pytest.approx([0, 0], abs=1e-9)
    assert scores.informativeness <= 0
    noise = dci(normal(400, 3, 1), named(factors))
    assert noise.disentanglement < 0.1 and noise.informativeness < 0.05


def test_concentration_follows_the_entropy():
    importance = np.array([[1.0, 0.5, 0.25, 0.0], [0.0, 0.5, 0.75, 0.0]])
    entropy = -(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert np.allclose(_concentration(importance), [1, 0, 1 - entropy, 0], atol=1e-8)


def test_dci_needs_two_factors():
    with pytest.raises(ValueError, match="at least two factors, not 1"):
        dci(GRID, {"u": GRID[:, 0]})
