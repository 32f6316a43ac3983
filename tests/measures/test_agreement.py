"""Agreement of constructed codes of several seeds."""

import numpy as np
import pytest

from latentspace.measures.agreement import agreement

from .samples import GRID, normal, turned


def test_the_same_components_agree_whatever_their_order_sign_and_scale():
    codes = normal(500, 3)
    assert agreement({0: codes, 1: codes[:, [2, 0, 1]] * [-1, 3, 0.1] + 5, 7: -codes}) == pytest.approx(1)


def test_a_turned_pair_agrees_by_the_cosine():
    assert agreement({0: GRID, 1: turned(GRID, np.pi / 4)}) == pytest.approx(np.sqrt(0.5))
    assert agreement({0: GRID, 1: turned(GRID, np.pi / 3)}) == pytest.approx(np.cos(np.pi / 6)), "after a swap"


def test_it_is_the_mean_over_pairs_of_seeds():
    codes = {0: GRID, 1: turned(GRID, np.pi / 4), 2: GRID}
    assert agreement(codes) == pytest.approx((2 * np.sqrt(0.5) + 1) / 3)


def test_matching_is_one_to_one():
    both = np.column_stack([GRID[:, 0], GRID[:, 0]])
    assert agreement({0: GRID, 1: both}) == pytest.approx(0.5), "the second copy has nothing left to agree with"


def test_a_component_that_one_seed_does_not_use_agrees_with_nothing():
    assert agreement({0: GRID, 1: GRID * [1, 0]}) == pytest.approx(0.5)


def test_independent_codes_do_not_agree():
    assert agreement({seed: normal(10_000, 3, seed) for seed in range(3)}) < 0.03


def test_one_component_has_its_correlation():
    assert agreement({0: GRID[:, :1], 1: -(GRID[:, :1] ** 3)}) == pytest.approx(
        abs(np.corrcoef(GRID[:, 0], GRID[:, 0] ** 3)[0, 1])
    )


def test_one_seed_or_codes_of_other_images_cannot_be_compared():
    with pytest.raises(ValueError, match="at least two seeds, not 1"):
        agreement({0: GRID})
    with pytest.raises(ValueError, match=r"one shape, not \(400, 1\), \(400, 2\)"):
        agreement({0: GRID, 1: GRID[:, :1]})
