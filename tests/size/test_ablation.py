"""Sign of the code and homogeneity of the decoder, in closed form and on small networks."""

import numpy as np
import pytest
import torch

from latentspace.size.ablation import (
    FACTORS,
    VARIANTS,
    centre_profile,
    experiment,
    homogeneity_error,
    signs,
    single_sign,
)
from latentspace.size.network import ShapeAutoencoder

CODES = np.random.default_rng(0).standard_normal((12, 1))


def test_homogeneity_error_is_rounding_without_biases_and_large_with_them(network):
    assert homogeneity_error(network(bias=False), CODES, FACTORS) < 1e-5
    assert homogeneity_error(network(), CODES, FACTORS) > 0.1


def test_homogeneity_error_of_an_affine_decoder():
    affine = ShapeAutoencoder(2, 1, [], [], slope=1.0)  # LeakyReLU of slope 1 is the identity
    (layer,) = affine.decoder
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, 1, 1] = 1.0  # D(z) = z + 1 at each of the 4 pixels
        layer.bias.fill_(1.0)
    z = np.array([[1.0], [4.0]])
    # ‖D(λz) − λD(z)‖ / ‖λD(z)‖ = |1 − λ| / (λ (z + 1))
    assert homogeneity_error(affine, z, [2.0]) == pytest.approx(1 / 4)
    assert homogeneity_error(affine, z[1:], [2.0]) == pytest.approx(1 / 10)
    assert homogeneity_error(affine, z, [2.0, 0.5]) == pytest.approx(1 / 2), "the largest over the factors"
    with torch.no_grad():
        layer.bias.zero_()
    assert homogeneity_error(affine, z, FACTORS) < 1e-6


def test_homogeneity_error_leaves_out_codes_near_zero(network):
    net = network()
    assert homogeneity_error(net, np.vstack([CODES, [[1e-9]]]), FACTORS) == homogeneity_error(net, CODES, FACTORS)


@pytest.mark.parametrize(
    ("codes", "expected"), [([0.0, 1, 2], 1), ([0.0, -1, -2], 1), ([-1e-9, 1], 0), ([0.0, 0], 1), ([3.0], 1)]
)
def test_single_sign(codes, expected):
    assert single_sign(np.array(codes)[:, None]) == expected


def test_centre_profile_is_the_mean_of_the_two_middle_rows():
    image = np.arange(16.0).reshape(4, 4)
    assert centre_profile(image).tolist() == [6, 7, 8, 9]


def test_signs_are_drawn_with_the_largest_code_at_one():
    radii = np.linspace(0, 1, 5)
    codes = {"random_init": {0: -2 * radii, 1: radii, 2: radii - 0.25}}
    (cell,) = signs(codes, radii).axes
    drawn = [line.get_ydata() for line in cell.get_lines()[:3]]
    assert all(max(z) == 1 for z in drawn) and min(drawn[2]) < 0
    assert cell.get_title() == "random initialisation: 2 of 3 of one sign"
    assert {text.get_text() for text in cell.get_legend().get_texts()} == {"one sign", "two signs"}


def test_experiment(pair, disks, complete):
    networks = {name: pair(bias=name == "bias") for name in VARIANTS}
    findings = experiment(networks, disks)
    measures = dict.fromkeys(VARIANTS, ("test_mse", "single_sign", "homogeneity_error"))
    assert not complete(findings, measures, ["profiles.png", "signs.png"])
    titles = [cell.get_title() for cell in findings.pictures["signs.png"].axes]
    kept = sum(row.value for row in findings.rows if row.name == "random_init.single_sign")
    assert titles[1].endswith(f": {kept:.0f} of 2 of one sign")
    worst = max(row.value for row in findings.rows if row.name == "bias_free.homogeneity_error")
    assert worst < 1e-5 and f"{worst:.1e}" in findings.summary
