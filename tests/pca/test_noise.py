"""The best code under noise against closed forms."""

import math

import numpy as np
import pytest
import torch

from latentspace.images.shapes import Disk
from latentspace.pca.noise import (
    Family,
    best_code,
    edge_error,
    first_component,
    first_order_error,
    noise_error,
    standardised,
)


def gaussian(n=201, far=5.0):
    """Values of a standard normal parameter, and their weights."""
    t = torch.linspace(-far, far, n, dtype=torch.float64)
    density = torch.exp(-0.5 * t.square())
    return t, density / density.sum()


def straight(t, weights, squared_length=3.0):
    """x(t) = t v, of which the scalar products are t s |v|²."""
    return Family(squared_length * t[:, None] * t, weights)


def disks(n=96, radius=15.5, blur=0.5):
    radii = (np.arange(n) + 0.5) * radius / n
    x = torch.from_numpy(Disk().draw(radii, 32, blur).reshape(n, -1)).double()
    return torch.from_numpy(radii), Family(x @ x.T, torch.full((n,), 1 / n, dtype=torch.float64))


def pearson(x, y):
    return float(np.corrcoef(x, y)[0, 1])


@pytest.mark.parametrize("noise", [0.1, 0.25, 1.0, 3.0])
def test_a_straight_line_of_a_normal_parameter_has_the_error_of_a_normal_posterior(noise):
    t, weights = gaussian()
    exact = 3 * noise**2 / (1 + noise**2)
    code = standardised(t, weights)
    assert float(noise_error(code, straight(t, weights), noise)) == pytest.approx(exact, rel=1e-4)
    assert float(first_order_error(code, t, straight(t, weights), noise)) == pytest.approx(3 * noise**2, rel=1e-4)


def test_the_order_of_the_values_and_the_direction_of_the_code_do_not_matter():
    radii, family = disks(40)
    code = standardised(radii, family.weights)
    error = noise_error(code, family, 0.2)
    some = torch.randperm(len(code), generator=torch.Generator().manual_seed(0))
    shuffled = Family(family.gram[some][:, some], family.weights[some])
    assert float(noise_error(code[some], shuffled, 0.2)) == pytest.approx(float(error), rel=1e-9)
    assert float(noise_error(-code, family, 0.2)) == pytest.approx(float(error), rel=1e-9)


def test_the_quadrature_agrees_with_drawn_noise():
    radii, family = disks(60)
    code = standardised(radii.square(), family.weights)
    rng = np.random.default_rng(0)
    z = code.numpy()[:, None] + 0.3 * rng.normal(size=(60, 400))
    posterior = np.exp(-0.5 * ((z[..., None] - code.numpy()) / 0.3) ** 2)
    posterior /= posterior.sum(-1, keepdims=True)
    gram = family.gram.numpy()
    cross = np.einsum("int,it->in", posterior, gram)
    kept = np.einsum("int,ts,ins->in", posterior, gram, posterior, optimize=True)
    drawn = (np.diag(gram)[:, None] - 2 * cross + kept).mean()
    assert float(noise_error(code, family, 0.3)) == pytest.approx(drawn, rel=0.02)


def test_the_error_scales_with_the_images_and_grows_with_the_noise():
    radii, family = disks(40)
    code = standardised(radii, family.weights)
    errors = [float(noise_error(code, family, noise)) for noise in (0.1, 0.2, 0.4, 0.8)]
    assert errors == sorted(errors)
    doubled = Family(4 * family.gram, family.weights)
    assert float(noise_error(code, doubled, 0.2)) == pytest.approx(4 * errors[1], rel=1e-9)
    spread = (family.weights * family.gram.diagonal()).sum() - family.weights @ family.gram @ family.weights
    assert float(noise_error(code, family, 100.0)) == pytest.approx(float(spread), rel=1e-3)


def test_the_best_code_of_a_straight_line_of_a_normal_parameter_is_the_parameter():
    """At every noise: Goblick, 1965. It is also the minimiser of the first order, p / g′³ = φ."""
    t, weights = gaussian(81, 3.5)
    family = straight(t, weights)
    for noise in (0.3, 1.0):
        code = best_code(lambda g, noise=noise: noise_error(g, family, noise), weights)
        assert pearson(code * weights.sqrt(), standardised(t, weights) * weights.sqrt()) > 0.9999
    assert float((weights * code).sum()) == pytest.approx(0, abs=1e-9)
    assert float((weights * code.square()).sum()) == pytest.approx(1)


@pytest.mark.parametrize("noise", [0.1, 0.25, 1.0])
def test_the_best_code_is_the_same_from_every_start_and_better_than_area_and_radius(noise):
    radii, family = disks()

    def error(code):
        return noise_error(code, family, noise)

    generator = torch.Generator().manual_seed(0)
    rough = torch.rand(len(radii), generator=generator, dtype=torch.float64).add(0.05).cumsum(0)
    found = [best_code(error, family.weights, start) for start in (None, radii**2, radii**0.5, rough)]
    for code in found[1:]:
        assert pearson(code, found[0]) > 0.9999
        assert float(error(code)) == pytest.approx(float(error(found[0])), rel=1e-4)
    for other in (radii, radii**2):
        assert float(error(found[0])) < float(error(standardised(other, family.weights)))
    assert bool((found[0].diff() > 0).all())


@pytest.mark.parametrize(("noise", "blur"), [(0.05, 0.5), (0.25, 0.5), (1.0, 0.5), (1.0, 0.05)])
def test_an_edge_at_normal_places_has_the_error_of_the_formula(noise, blur):
    """The posterior is normal here, so that the formula is exact, with displacements of σT / √(1 + σ²)."""
    width = 4.0
    t, weights = gaussian(301)
    place = width * t
    n = torch.arange(-32, 32, 0.025, dtype=torch.float64)
    x = torch.special.ndtr((place[:, None] - n) / blur)
    family = Family(0.025 * x @ x.T, weights)
    shrunk = noise / math.sqrt(1 + noise**2)  # g′ of the parameter, given z, is 1 / width
    formula = edge_error(t, place, torch.ones_like(t), weights, shrunk, blur)
    assert float(formula) == pytest.approx((math.hypot(blur, shrunk * width) - blur) / math.sqrt(math.pi), rel=1e-9)
    exact = noise_error(standardised(t, weights), family, noise)
    assert float(exact) == pytest.approx(float(formula), rel=1e-3)


def test_a_small_displacement_is_of_first_order_and_a_large_one_is_not():
    """Small: σ² ‖x′‖² / g′² with ‖x′(r)‖² = 2πr / (2 b √π). Large: 2πr σ / (g′ √π), linear in σ."""
    radii, family = disks(192)
    code = standardised(radii, family.weights)
    length, slope = 2 * math.pi * radii, float(code.diff().mean() / radii.diff().mean())
    tiny = 1e-3
    edge = edge_error(code, radii, length, family.weights, tiny, 0.5)
    assert float(edge) == pytest.approx(float(first_order_error(code, radii, family, tiny)), rel=0.01)
    mean = float((family.weights * length).sum())
    large = edge_error(code, radii, length, family.weights, 1e3, 0.5)
    assert float(large) == pytest.approx(mean * 1e3 / (slope * math.sqrt(math.pi)), rel=0.01)
    exact = float(noise_error(code, family, 0.25))
    assert float(first_order_error(code, radii, family, 0.25)) / exact > 1.5
    assert 1 < float(edge_error(code, radii, length, family.weights, 0.25, 0.5)) / exact < 1.3


def test_the_formula_of_edges_is_convex_in_the_slope_and_has_one_minimiser():
    slope = torch.linspace(0.01, 5, 200, dtype=torch.float64)
    each = (0.5**2 + 0.25**2 / slope.square()).sqrt()
    assert bool((each.diff().diff() > 0).all())
    radii, family = disks()

    def error(code):
        return edge_error(code, radii, 2 * math.pi * radii, family.weights, 0.1, 0.5)

    first, second = (best_code(error, family.weights, start) for start in (None, radii**3))
    assert pearson(first, second) > 0.9999
    exact = best_code(lambda code: noise_error(code, family, 0.1), family.weights)
    assert pearson(first, exact) > 0.999


def test_strong_noise_makes_the_best_code_the_first_principal_component():
    radii, family = disks()
    strong = best_code(lambda code: noise_error(code, family, 20.0), family.weights)
    limit = first_component(family)
    assert abs(pearson(strong, limit)) > 0.999
    images = torch.from_numpy(Disk().draw(radii.numpy(), 32, 0.5).reshape(len(radii), -1)).double()
    _, _, axes = torch.linalg.svd(images - images.mean(0), full_matrices=False)
    assert abs(pearson(limit, images @ axes[0])) == pytest.approx(1)
