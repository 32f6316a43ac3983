"""Mean images given a number: unbiased, whatever the number of images in a bin."""

import numpy as np
import pytest
import torch

from latentspace.organise.families import bins_of, curve, given, noise_cost

SIDE = 8


def noisy(n=4000, seed=0):
    """Images t v + noise of variance 25 per pixel, in grey levels, with t uniform; and t."""
    rng = np.random.default_rng(seed)
    t = rng.uniform(-1, 1, n)
    images = np.clip(128 + 40 * t[:, None] + rng.normal(0, 5, (n, SIDE**2)), 0, 255)
    return images.round().astype(np.uint8).reshape(n, 1, SIDE, SIDE), t


def test_bins_have_equal_counts_in_order():
    rows = bins_of(np.arange(100.0)[::-1])
    assert {len(part) for part in rows} == {8, 9}
    assert rows[0].tolist() == list(range(99, 99 - len(rows[0]), -1))
    assert len(bins_of(np.arange(3.0))) == 2


def test_the_spread_within_bins_is_taken_from_the_products():
    images, t = noisy()
    found = given(images, t)
    exact = (
        128**2 * SIDE**2 / 255**2 + SIDE**2 * 2 * 128 * 40 * found.key / 255**2 + SIDE**2 * (40 * found.key / 255) ** 2
    )
    diagonal = found.family.gram.diagonal().numpy()
    assert np.mean(diagonal - exact) == pytest.approx(0, abs=2e-3)  # the share of the noise would be .0012 × 64 / 21
    assert found.unexplained == pytest.approx((25 + 1 / 12) / 255**2, rel=0.03)
    assert float(found.family.weights.sum()) == pytest.approx(1)


def test_noise_on_the_number_costs_what_it_costs_on_the_family_alone():
    images, t = noisy(8000)
    noise = 0.25
    cost = noise_cost(images, t[:, None], 0, noise)
    free = np.clip(128 + 40 * t[:, None] * np.ones(SIDE**2), 0, 255).round().astype(np.uint8).reshape(images.shape)
    assert cost == pytest.approx(noise_cost(free, t[:, None], 0, noise), rel=0.02)
    assert noise_cost(images, 7 * t[:, None], 0, noise) == pytest.approx(cost)


def test_a_winding_number_costs_more_and_no_rescaling_helps():
    """Noise mixes neighbours: of a path that goes back and forth they are images that differ."""
    images, t = noisy(8000)
    piece = np.floor(4.5 * (t + 1))
    winding = piece * 4 % 9 + 0.4 * t  # nine pieces in another order
    straight, wound = given(images, t), given(images, winding)
    noise = 0.25
    best = [float(one.error(noise)(torch.from_numpy(one.best(noise)))) for one in (straight, wound)]
    assert wound.unexplained < 1.5 * straight.unexplained  # without noise it tells as much
    assert best[1] > 3 * best[0]


def test_noise_on_the_second_component_counts_what_the_first_leaves():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(-1, 1, (2, 6400))
    images = np.full((6400, 1, SIDE, SIDE), 128.0)
    images[:, 0, :4] += 60 * first[:, None, None]
    images[:, 0, 4:] += 30 * second[:, None, None]
    pixels, codes = images.round().astype(np.uint8), np.column_stack([first, second])
    costs = [noise_cost(pixels, codes, component, 0.25) for component in (0, 1)]
    assert costs[0] / costs[1] == pytest.approx(4, rel=0.1)
    empty = noise_cost(pixels, np.column_stack([first, rng.normal(size=6400)]), 1, 0.25)
    assert abs(empty) < 0.25 * costs[1]  # noise on what says nothing


def test_a_curve_follows_its_key_upwards():
    key = np.linspace(0, 1, 800)
    found = curve(-(key**2), key)
    assert np.all(np.diff(found.key) > 0) and np.all(np.diff(found.mean) > 0)
    inside = curve(key + 0.1 * np.random.default_rng(0).normal(size=800), key)
    assert inside.deviation.mean() == pytest.approx(0.1, rel=0.1)
