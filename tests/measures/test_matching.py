"""How components of constructed codes match factors, and the best rotation of a pair."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentspace.measures.factors import mutual_information_gap, sap
from latentspace.measures.matching import association, best_rotation, leakage, matching

from .samples import FACTORS, GRID, named, normal, turned


def test_association_of_the_factors_themselves_is_the_identity():
    table = association(GRID, FACTORS)
    assert list(table.index) == ["z1", "z2"] and list(table.columns) == ["u", "v"]
    assert np.allclose(table, np.eye(2), atol=1e-14)


def test_a_rotation_by_half_a_right_angle_spreads_both_factors_evenly():
    assert np.allclose(association(turned(GRID, np.pi / 4), FACTORS), np.sqrt(0.5))


def test_spearman_sees_any_monotone_function():
    codes = -np.exp(5 * GRID)
    assert np.allclose(association(codes, FACTORS, "spearman"), np.eye(2), atol=1e-14)
    assert association(codes, FACTORS).loc["z1", "u"] < 0.9


@pytest.mark.parametrize("how", ["pearson", "spearman"])
def test_a_constant_component_or_factor_has_no_association(how):
    codes = np.column_stack([GRID[:, 0], np.full(400, 0.1)])
    table = association(codes, {"u": GRID[:, 0], "same": np.full(400, 0.3)}, how)
    assert np.allclose(table, [[1, 0], [0, 0]])
    assert (table["same"] == 0).all() and (table.loc["z2"] == 0).all()


numbers = st.floats(-100, 100, width=32)


columns = arrays(np.float64, (12, 2), elements=numbers)


@given(columns, columns, st.floats(0.01, 100), st.floats(-10, 10))
def test_association_is_a_number_from_0_to_1_whatever_the_columns(codes, factors, scale, shift):
    table = association(codes * scale + shift, named(factors))
    assert table.to_numpy().min() >= 0 and table.to_numpy().max() <= 1


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.floats(0.1, 10) | st.floats(-10, -0.1), min_size=3, max_size=3),
    st.floats(-10, 10),
    st.permutations(range(3)),
)
@settings(max_examples=30, deadline=None)
def test_scores_ignore_affine_maps_and_the_order_of_components(seed, scale, shift, order):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((100, 2))
    codes = factors @ rng.standard_normal((2, 3)) + rng.standard_normal((100, 3))
    other = (codes * scale + shift)[:, order]
    factors = named(factors)
    assert np.allclose(association(other, factors), association(codes, factors).to_numpy()[list(order)])
    assert sap(other, factors) == pytest.approx(sap(codes, factors), abs=1e-9)
    assert mutual_information_gap(other, factors) == pytest.approx(mutual_information_gap(codes, factors), abs=1e-9)
    pairs, wanted = matching(association(other, factors)), matching(association(codes, factors))
    for name, (component, score) in wanted.items():
        assert pairs[name][1] == pytest.approx(score)
        assert order[int(pairs[name][0][1:]) - 1] == int(component[1:]) - 1


def frame(scores, factors):
    return pd.DataFrame(scores, index=[f"z{i + 1}" for i in range(len(scores))], columns=factors)


def test_matching_is_optimal_where_greedy_is_not():
    table = frame([[0.9, 0.8], [0.7, 0.1]], ["a", "b"])
    assert matching(table) == {"a": ("z2", 0.7), "b": ("z1", 0.8)}


def test_matching_with_more_components_or_more_factors():
    scores = np.array([[0.1, 0.2, 0.9], [0.8, 0.3, 0.4]])
    assert matching(frame(scores, ["a", "b", "c"])) == {"a": ("z2", 0.8), "c": ("z1", 0.9)}
    assert list(matching(frame(scores.T, ["a", "b"])).items()) == [("a", ("z3", 0.9)), ("b", ("z1", 0.8))]


def test_leakage_is_the_largest_score_beside_the_matched_component():
    table = frame([[0.2, 0.3], [0.9, 0.1], [0.4, 0.8]], ["a", "b"])
    assert leakage(table, "a", "z2") == 0.4
    assert leakage(table, "b", "z3") == 0.3


def test_leakage_of_a_code_that_holds_a_factor_twice():
    codes = np.column_stack([GRID, 0.6 * GRID[:, 0] + 0.8 * GRID[:, 1]])
    table = association(codes, {"u": GRID[:, 0]})
    assert leakage(table, "u", matching(table)["u"][0]) == pytest.approx(0.6)
    assert leakage(association(GRID, FACTORS), "u", "z1") == pytest.approx(0, abs=1e-14)


@given(st.floats(-10, 10), st.sampled_from([1.0, -1.0]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_best_rotation_undoes_a_rotation(angle, sign, swapped):
    codes = turned(GRID * [1, sign], -angle)
    factors = GRID[:, ::-1] if swapped else GRID
    found, rotated = best_rotation(codes, factors)
    assert 0 <= found < np.pi / 2
    assert abs((found - angle + np.pi / 4) % (np.pi / 2) - np.pi / 4) < 1e-5
    assert np.allclose(rotated, turned(codes, found))
    assert [score for _, score in matching(association(rotated, named(factors))).values()] == pytest.approx([1, 1])


def test_half_a_right_angle_from_071_to_1():
    codes = turned(GRID, np.pi / 4)
    assert np.mean([score for _, score in matching(association(codes, FACTORS)).values()]) == pytest.approx(
        np.sqrt(0.5)
    )
    angle, rotated = best_rotation(codes, GRID)
    assert angle == pytest.approx(np.pi / 4, abs=1e-5)
    assert np.mean([score for _, score in matching(association(rotated, FACTORS)).values()]) == pytest.approx(1)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_no_angle_is_better_than_the_best_rotation(seed):
    codes, factors = normal(30, 2, seed), normal(30, 2, seed + 1)

    def score(rotated):
        return sum(value for _, value in matching(association(rotated, named(factors))).values())

    best = score(best_rotation(codes, factors)[1])
    assert all(score(turned(codes, angle)) <= best + 1e-6 for angle in np.linspace(0, np.pi, 50))
