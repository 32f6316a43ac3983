"""Bias-free decoders against the optima, on constructed answers and small networks."""

import numpy as np
import pytest

from latentspace.images.shapes import distances
from latentspace.pipeline.measured import value_of
from latentspace.size import airy
from latentspace.size.measures import Response


@pytest.fixture(scope="module")
def best(disks):
    return airy.optima(disks, 200)


def test_optima_of_disks_are_nearly_airys_function(best):
    assert np.abs(airy._as_airy(best.image, best) - best.airy).max() < 0.1
    assert len(best.rho) == len(best.rings) == 200 and best.rho.max() < best.radius


def test_the_optimum_itself_has_energy_ratio_1_and_no_distance(best, disks):
    outputs = -np.linspace(1, 2, 24)[:, None, None] * best.image
    found = airy.shared_direction(outputs, disks.test, best)
    assert found["energy_ratio"] == pytest.approx(1)
    assert found["rank_one_share"] == pytest.approx(1)
    assert found["optimum_l2"] == pytest.approx(0, abs=1e-6)


def test_another_direction_has_less_energy_and_two_directions_are_not_rank_one(best, disks):
    other = np.ones_like(best.image) / 16
    found = airy.shared_direction(np.stack([other] * 24), disks.test, best)
    expected = np.square(disks.test.astype(float).sum((1, 2)) / 16).sum() / best.energy
    assert found["energy_ratio"] == pytest.approx(expected) and expected < 0.9
    orthogonal = np.zeros((24, 16, 16))
    orthogonal[0, 0, 0], orthogonal[1, 1, 1] = 2, 1
    assert airy.shared_direction(orthogonal, disks.test, best)["rank_one_share"] == pytest.approx(4 / 5)


def test_the_floor_is_the_error_of_the_best_bias_free_decoder(best, disks):
    images = disks.test.astype(float)
    outputs = (images * best.image).sum((1, 2), keepdims=True) * best.image
    rows = airy.decoding({0: Response(np.zeros((24, 1)), outputs)}, disks, best)
    assert value_of(rows, "bias_free", "mse_over_floor", 0) == pytest.approx(1)


def test_pixels_are_plotted_in_order_of_their_distance():
    at, values = airy._by_distance(distances(8))
    assert np.array_equal(at, values) and (np.diff(at) >= 0).all()


def test_experiment(pair, disks, complete):
    findings = airy.experiment(pair(bias=False), disks, 200)
    each = ("energy_ratio", "airy_l2", "optimum_l2", "rank_one_share", "mse_over_floor")
    assert complete(findings, {"bias_free": each}, ["comparison.png"]) == {"optimum.airy_l2"}
