"""The optimum of the decoding energy against closed forms and independent numerics."""

import numpy as np
import pytest
from scipy import integrate, special

from latentspace.images.shapes import Disk, distances
from latentspace.size import optimum

R = 31.5


def test_k_is_fixed_by_the_first_zero():
    assert special.jv(-1 / 3, optimum.first_zero()) == pytest.approx(0, abs=1e-14)
    assert optimum.k_r3() == pytest.approx(7.8373474389, abs=1e-10)
    assert optimum.k_r3() / R**3 == pytest.approx(2.50748e-4, rel=1e-5)


def test_airy_profile_solves_its_equation_and_boundary_conditions():
    rho = np.linspace(0, R, 20001)
    f = optimum.airy_profile(rho, R)
    step = rho[1]
    assert f[0] == pytest.approx(1)
    assert (f[1] - f[0]) / step == pytest.approx(0, abs=1e-6)
    assert optimum.airy_profile(np.array([R - 1e-9]), R)[0] == pytest.approx(0, abs=1e-9)
    second = (f[2:-1] - 2 * f[1:-2] + f[:-3]) / step**2
    k = optimum.k_r3() / R**3
    assert np.abs(second + k * rho[1:-2] * f[1:-2]).max() < 1e-5
    assert np.all(np.diff(f) <= 1e-15), "the first mode has no further zero"
    assert not optimum.airy_profile(np.array([R, R + 1]), R).any()


def test_airy_profile_is_the_bessel_form():
    rho = np.linspace(0.01, R - 1e-6, 500)
    k = optimum.k_r3() / R**3
    bessel = np.sqrt(rho) * special.jv(-1 / 3, 2 / 3 * np.sqrt(k) * rho**1.5)
    assert optimum.relative_l2(bessel, optimum.airy_profile(rho, R)) < 1e-12


def test_explained_share_by_quadrature():
    rho = np.linspace(0, R, 20001)
    f = optimum.airy_profile(rho, R)
    projections = integrate.cumulative_trapezoid(f * 2 * np.pi * rho, rho, initial=0)
    energy = integrate.trapezoid(projections**2, rho) / integrate.trapezoid(f**2 * 2 * np.pi * rho, rho)
    assert energy / (np.pi * R**3 / 3) == pytest.approx(optimum.explained_share(), rel=1e-6)
    assert optimum.explained_share() == pytest.approx(0.76556, abs=1e-5)


@pytest.mark.parametrize("n", [250, 1000])
def test_the_eigenproblem_converges_to_airy_quadratically(n):
    errors = []
    for size in (n, 2 * n):
        rho, f, share = optimum.numerical_profile(size, R)
        errors.append(optimum.radial_relative_l2(f, optimum.airy_profile(rho, R), rho))
        assert share == pytest.approx(optimum.explained_share(), abs=1e-4)
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_no_other_image_beats_the_discrete_optimum():
    images = Disk().draw((np.arange(100) + 0.5) / 100 * 12, 28, 0.5)
    f, best = optimum.discrete_optimum(images)
    assert optimum.energy(f, images) == pytest.approx(best)
    assert best == pytest.approx(np.linalg.svd(images.reshape(100, -1), compute_uv=False)[0] ** 2, rel=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert optimum.energy(f + 0.1 * np.abs(f).max() * rng.standard_normal(f.shape), images) < best
    assert optimum.relative_l2(f, optimum.airy_profile(distances(28), 12.0)) < 0.05


def test_relative_l2_is_blind_to_scale_and_sign_only():
    g = np.random.default_rng(0).standard_normal(50)
    assert optimum.relative_l2(-3 * g, g) == pytest.approx(0, abs=1e-12)
    orthogonal = np.random.default_rng(1).standard_normal(50)
    orthogonal -= (orthogonal @ g) / (g @ g) * g
    assert optimum.relative_l2(orthogonal, g) == pytest.approx(1)


def test_radius_must_be_positive():
    with pytest.raises(ValueError, match="must be positive"):
        optimum.airy_profile(np.zeros(3), 0.0)
