"""InfoM, InfoE and InfoC of constructed codes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentspace.measures.infomec import _concentration, active, infomec

from .samples import FACTORS, GRID, named, normal, turned

ROWS = 10_000


def scores(codes, factors):
    found = infomec(codes, factors)
    return found.modularity, found.explicitness, found.compactness


def test_the_factors_themselves_score_1():
    assert scores(GRID, FACTORS) == pytest.approx((1, 1, 1), abs=1e-12)
    many = normal(ROWS, 3)
    modularity, explicitness, compactness = scores(many, named(many))
    assert explicitness == pytest.approx(1) and 0.97 < modularity < 1 and 0.97 < compactness < 1  # bias of the bins


def test_the_bias_of_a_perfect_code_is_the_one_documented():
    many = normal(ROWS, 3)
    other = 19**2 / (2 * ROWS) / np.log(20)
    wanted = (1 / (1 + 2 * other) - 1 / 3) / (2 / 3)
    assert infomec(many, named(many)).modularity == pytest.approx(wanted, abs=0.003)


def test_a_pair_turned_by_half_a_right_angle_is_explicit_but_neither_modular_nor_compact():
    factors = normal(ROWS, 2)
    modularity, explicitness, compactness = scores(turned(factors, np.pi / 4), named(factors))
    assert explicitness == pytest.approx(1) and 0 <= modularity < 0.05 and 0 <= compactness < 0.05


def test_a_turned_pair_beside_a_perfect_component_is_modular_by_a_half():
    """Means over three components: (1 + 2 × ½ − 3 × ⅓) / (3 × ⅔) = ½, with all mutual information in the pair equal."""
    factors = normal(ROWS, 3)
    codes = np.column_stack([factors[:, 0], turned(factors[:, 1:], np.pi / 4)])
    modularity, _, compactness = scores(codes, named(factors))
    assert modularity == pytest.approx(0.5, abs=0.03) and compactness == pytest.approx(0.5, abs=0.03)


def test_a_duplicated_component_is_modular_but_not_compact():
    codes = np.column_stack([GRID, GRID[:, 0]])
    compactness = ((0.5 + 1) / 2 - 1 / 3) / (2 / 3)
    assert scores(codes, FACTORS) == pytest.approx((1, 1, compactness), abs=1e-12)


def test_a_component_of_two_factors_is_compact_but_not_modular():
    u, v, w = np.indices((4, 4, 4)).reshape(3, -1).astype(float)
    codes = np.column_stack([4 * u + v, w])  # u and v are the digits of one number
    modularity, _, compactness = scores(codes, {"u": u, "v": v, "w": w})
    assert modularity == pytest.approx(((0.5 + 1) / 2 - 1 / 3) / (2 / 3)) and compactness == pytest.approx(1)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from([1.0, -1.0]), min_size=3, max_size=3),
    st.permutations(range(3)),
    st.floats(0.01, 100),
)
@settings(max_examples=20, deadline=None)
def test_order_sign_and_common_scale_of_components_do_not_matter(seed, signs, order, scale):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((200, 2))
    codes = factors @ rng.standard_normal((2, 3)) + rng.standard_normal((200, 3))
    other = (codes * signs * scale)[:, order]
    # Equal-count bins number the values from below: 200 rows fill 20 bins evenly from either side.
    assert scores(other, named(factors)) == pytest.approx(scores(codes, named(factors)), abs=1e-9)


def test_an_inactive_component_does_not_count_in_modularity_and_compactness():
    noise = normal(400, 1)
    quiet = np.column_stack([GRID, noise / np.ptp(noise) * np.ptp(GRID[:, 0]) * 0.049])
    assert active(quiet).tolist() == [True, True, False]
    assert scores(quiet, FACTORS)[::2] == pytest.approx((1, 1), abs=1e-12)
    loud = np.column_stack([GRID, noise])
    assert active(loud).all() and infomec(loud, FACTORS).modularity < 0.9


def test_explicitness_counts_an_inactive_component_too():
    codes = np.column_stack([GRID[:, 0], GRID[:, 1] / 1000])
    assert scores(codes, FACTORS) == pytest.approx((1, 1, 0), abs=1e-12), "one active component: InfoC is 0 / 0"


def test_independent_noise_scores_nearly_0():
    found = scores(normal(ROWS, 3, 1), named(normal(ROWS, 3, 2)))
    assert all(0 <= score < 0.06 for score in found)


def test_explicitness_is_the_linear_r2():
    factors = normal(ROWS, 2)
    codes = factors + normal(ROWS, 2, 1) * [0.5, 2]
    wanted = np.mean([1 / (1 + 0.5**2), 1 / (1 + 2**2)])
    assert infomec(codes, named(factors)).explicitness == pytest.approx(wanted, abs=0.02)
    curved = np.column_stack([GRID[:, 0] ** 2, GRID[:, 1]])
    assert infomec(curved, FACTORS).explicitness == pytest.approx(0.5, abs=1e-12), "u² is no linear function of u"


def test_constant_components_and_factors_score_0():
    assert scores(np.ones((400, 2)), FACTORS) == (0, 0, 0)
    same = {"u": GRID[:, 0], "same": np.full(400, 0.1)}
    assert scores(GRID, same) == pytest.approx((0.5, 0.5, 0.5), abs=1e-12), "v informs of neither factor"


def test_concentration_is_the_scaled_share_of_the_largest_entry():
    table = np.array([[1.0, 0.5, 0.2], [0.0, 0.5, 0.6]])
    assert _concentration(table) == pytest.approx(((1 + 0.5 + 0.75) / 3 - 0.5) / 0.5)


def test_infomec_needs_two_factors():
    with pytest.raises(ValueError, match="at least two factors, not 1"):
        infomec(GRID, {"u": GRID[:, 0]})
