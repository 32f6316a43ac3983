"""Measures on constructed codes, whose scores follow from their definitions, and on images made by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentspace.organise import measures
from latentspace.organise.measures import (
    association,
    best_rotation,
    correlation_table,
    covariance_table,
    dci,
    distance_correlations,
    leakage,
    linear_r2,
    matching,
    max_correlation,
    moments,
    mutual_information_gap,
    sap,
    size_horizontal_vertical,
)

LEVELS = (np.arange(20) - 9.5) / 9.5
GRID = np.stack(np.meshgrid(LEVELS, LEVELS, indexing="ij"), -1).reshape(-1, 2)  # independent, of equal variance
FACTORS = {"u": GRID[:, 0], "v": GRID[:, 1]}


def normal(n, k, seed=0):
    return np.random.default_rng(seed).standard_normal((n, k))


def named(values):
    return {f"f{i}": column for i, column in enumerate(values.T)}


def turned(codes, angle):
    points = (codes[:, 0] + 1j * codes[:, 1]) * np.exp(1j * angle)  # counter-clockwise
    return np.column_stack([points.real, points.imag])


# --- dependence between components


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


# --- factors and components


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


# --- rotation


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


# --- disentanglement


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


def test_bins_hold_equal_counts_and_do_not_part_equal_values():
    columns = np.column_stack([np.random.default_rng(0).permutation(np.arange(100.0)), np.repeat([3.0, 1.0], 50)])
    found = measures._equal_counts(columns, 20)
    assert np.bincount(found[:, 0]).tolist() == [5] * 20
    assert set(found[:50, 1]) == {10} and set(found[50:, 1]) == {0}


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
    assert np.allclose(measures._concentration(importance), [1, 0, 1 - entropy, 0], atol=1e-8)


# --- images


def test_s_h_v_of_images_made_by_hand():
    row, column, diagonal = np.zeros((3, 4, 4))
    row[1], column[:, 1] = 2, 3
    np.fill_diagonal(diagonal, 5)
    diagonal[0, 3] = 1
    found = size_horizontal_vertical(np.stack([row, column, diagonal]))
    assert found["S"].tolist() == [8, 12, 21]
    assert found["H"].tolist() == [4, 0.25, 1]
    assert found["V"].tolist() == [1, 1, 20]


def test_the_middle_is_31_of_64_and_the_true_one_of_an_odd_size():
    for size, middle in ((64, 31), (5, 2)):
        image = np.zeros((1, size, size))
        image[0, middle], image[0, :, middle] = 1, 1
        assert size_horizontal_vertical(image)["H"] == 1
        image[0, middle] = 2
        assert size_horizontal_vertical(image)["H"] == pytest.approx(2 * size / (size + 1))


def test_h_turns_into_its_inverse_and_v_with_a_mirror():
    images = np.random.default_rng(0).uniform(0.1, 1, (10, 7, 7))
    found = size_horizontal_vertical(images)
    assert np.allclose(size_horizontal_vertical(images.transpose(0, 2, 1))["H"], 1 / found["H"])
    assert np.allclose(size_horizontal_vertical(images[:, :, ::-1])["V"], 1 / found["V"])
    assert np.allclose(size_horizontal_vertical(-images)["H"], found["H"]), "an absolute value"


def test_empty_images_and_empty_middles_give_0():
    images = np.zeros((2, 6, 6), dtype=np.float32)
    images[1, 2, 5] = 1  # the middle row only, on no diagonal
    found = size_horizontal_vertical(images)
    assert [values.tolist() for values in found.values()] == [[0, 1], [0, 0], [0, 0]]
    assert found["S"].dtype == np.float64


# --- moments


def bar(*, left=0, top=0, lean=0, rows=9, columns=3):
    """A bar of light in 21 × 21 pixels, moved to the right by `lean` pixels with every row further up."""
    image = np.zeros((1, 21, 21))
    for row in range(rows):
        start = left + lean * (rows - 1 - row)
        image[0, top + row, start : start + columns] = 1
    return image


def test_moments_of_bars_follow_from_their_sides():
    found = moments(np.stack([bar(left=9, top=6), bar(left=0, top=12), bar(left=2, top=6, lean=2)]))
    step = 0.1  # between pixels, in units of half the image
    assert np.allclose(found["lightness"], 27 / 21**2)
    assert np.allclose(found["right"], [0, -0.9, step * (3 + 8 - 10)])
    assert np.allclose(found["down"], [0, 0.6, 0])
    assert np.allclose(found["width"][:2], step * np.sqrt((3**2 - 1) / 12))
    assert np.allclose(found["height"], step * np.sqrt((9**2 - 1) / 12))
    assert np.allclose(found["slant"], [0, 0, 2], atol=1e-9)
    assert np.allclose(found["taper"], 0, atol=1e-9)


def test_taper_is_positive_where_an_image_is_wider_above():
    funnel = bar(left=6, top=2, rows=8, columns=9) + bar(left=9, top=10, rows=8, columns=3)
    taper = moments(np.stack([funnel, funnel[:, ::-1]]))["taper"]
    assert taper[0] > 0.3 and np.isclose(taper[0], -taper[1])


def test_moments_do_not_depend_on_brightness_and_are_0_in_the_dark():
    image = np.random.default_rng(0).uniform(size=(1, 3, 8, 8))
    one, half, dark = (np.array(list(moments(factor * image).values())).T[0] for factor in (1, 0.5, 0))
    assert np.allclose(half[1:], one[1:]) and half[0] == one[0] / 2
    assert np.array_equal(dark, np.zeros(7))


# --- linear maps


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


# --- errors


@pytest.mark.parametrize(
    "measure",
    [
        lambda one: max_correlation(one),
        lambda one: mutual_information_gap(one, FACTORS),
        lambda one: sap(one, FACTORS),
        lambda one: dci(one, FACTORS),
        lambda one: leakage(association(one, FACTORS), "u", "z1"),
    ],
    ids=["max_correlation", "mig", "sap", "dci", "leakage"],
)
def test_one_component_is_too_few(measure):
    with pytest.raises(ValueError, match="at least two components, not 1"):
        measure(GRID[:, :1])


def test_dci_needs_two_factors():
    with pytest.raises(ValueError, match="at least two factors, not 1"):
        dci(GRID, {"u": GRID[:, 0]})


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(bad):
    codes = GRID.copy()
    codes[7, 1] = bad
    calls = [covariance_table, correlation_table, max_correlation, distance_correlations]
    calls += [lambda z, score=score: score(z, FACTORS) for score in (association, mutual_information_gap, sap, dci)]
    for call in [*calls, lambda z: best_rotation(z, GRID)]:
        with pytest.raises(ValueError, match="z2 holds a value that is not finite"):
            call(codes)
    with pytest.raises(ValueError, match="v holds a value"):
        association(GRID, {"u": GRID[:, 0], "v": codes[:, 1]})
    with pytest.raises(ValueError, match="input 2 holds a value"):
        linear_r2(codes, GRID)


def test_factors_that_are_missing_too_long_or_unknown():
    with pytest.raises(ValueError, match="no factors are given"):
        association(GRID, {})
    with pytest.raises(ValueError, match="factor v has not one value a row"):
        association(GRID, {"u": GRID[:, 0], "v": GRID[:7, 0]})
    with pytest.raises(KeyError, match="area"):
        leakage(association(GRID, FACTORS), "area", "z1")
