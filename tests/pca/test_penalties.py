"""Penalties against the written-out sums, and what each of them sees."""

import math

import numpy as np
import pytest
import torch

from latentspace.pca.networks import ScaleFreeBatchNorm
from latentspace.pca.penalties import PENALTIES, covariance, distance_correlation, u_centred

SPLITS = [(0, 1), (0, 2), (1, 1), (2, 1), (1, 2), (3, 2)]  # components before, components in the new packet


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def circle(n=256):
    """Cosine and sine: each a function of the other up to its sign, and uncorrelated; two columns of shape (n, 1)."""
    angle = torch.arange(n, dtype=torch.float64)[:, None] * (2 * math.pi / n)
    return angle.cos(), angle.sin()


@pytest.mark.parametrize(("before", "new"), SPLITS)
def test_covariance_is_equation_14(before, new):
    z = ScaleFreeBatchNorm(before + new)(numbers(20, before + new))
    wanted = 0.0
    for j in range(before, before + new):
        for i in range(j):
            wanted += (sum(float(z[row, i] * z[row, j]) for row in range(20)) / 20) ** 2
    wanted /= before + new
    assert covariance(z[:, :before], z[:, before:]).item() == pytest.approx(wanted, rel=1e-9)


def test_covariance_of_copies_counts_the_pairs():
    z = ScaleFreeBatchNorm(1)(numbers(30, 1))
    assert covariance(z, z).item() == pytest.approx(1 / 2)
    assert covariance(z.repeat(1, 2), -z).item() == pytest.approx(2 / 3)
    assert covariance(z.repeat(1, 2), z.repeat(1, 2)).item() == pytest.approx(5 / 4), "2 × 2 across, 1 within"


def test_covariance_of_orthogonal_columns_is_zero():
    columns = torch.linalg.qr(numbers(20, 5))[0] * math.sqrt(20)
    for before in range(4):
        assert covariance(columns[:, :before], columns[:, before:]).item() < 1e-25


@pytest.mark.parametrize("name", PENALTIES)
def test_a_first_component_alone_costs_nothing(name):
    assert PENALTIES[name](torch.zeros(16, 0), numbers(16, 1).float()).item() == 0


def centred_by_hand(x):
    """U-centred distances of the numbers `x`, entry by entry."""
    n = len(x)
    d = [[abs(p - q) for q in x] for p in x]
    total = sum(map(sum, d))
    return [
        [d[i][j] - (sum(d[i]) + sum(d[j])) / (n - 2) + total / ((n - 1) * (n - 2)) if i != j else 0.0 for j in range(n)]
        for i in range(n)
    ]


def by_hand(x, y):
    """Bias-corrected squared distance correlation, as dcor's u_distance_correlation_sqr (equal to 1e-10)."""

    def product(a, b):
        return sum(p * q for row, other in zip(a, b, strict=True) for p, q in zip(row, other, strict=True))

    a, b = centred_by_hand(x), centred_by_hand(y)
    return product(a, b) / math.sqrt(product(a, a) * product(b, b))


@pytest.mark.parametrize(("before", "new"), SPLITS)
def test_distance_correlation_is_the_written_out_sum(before, new):
    z = numbers(15, before + new)
    z[:, -1] += z[:, 0] ** 2
    columns, wanted = z.T.tolist(), 0.0
    for j in range(before, before + new):
        wanted += sum(by_hand(columns[i], columns[j]) for i in range(j))
    found = distance_correlation(z[:, :before], z[:, before:]).item()
    assert found == pytest.approx(wanted / (before + new), abs=1e-10)


def test_u_centred_rows_sum_to_0():
    x = numbers(7, 1)
    found = u_centred((x - x.T).abs()[None])[0].numpy()
    assert np.allclose(found, centred_by_hand(x.ravel().tolist()), atol=1e-12)
    assert np.allclose(found.sum(axis=1), 0, atol=1e-12)


def test_distance_correlation_of_a_copy_is_one():
    z = numbers(40, 1)
    assert distance_correlation(z, 3 - 2 * z).item() == pytest.approx(1 / 2)


def test_distance_correlation_of_independent_numbers_is_zero_on_average():
    values = np.array([distance_correlation(numbers(24, 1, seed=s), numbers(24, 1, seed=1000 + s)) for s in range(100)])
    assert abs(values.mean()) < 4 * values.std() / math.sqrt(100)
    assert values.min() < 0 < values.max(), "bias-corrected"


def test_only_distance_correlation_sees_a_circle():
    cosine, sine = circle()
    assert covariance(cosine, sine).item() < 1e-20
    independent = [abs(distance_correlation(numbers(256, 1, seed=s), numbers(256, 1, seed=50 + s))) for s in range(8)]
    assert distance_correlation(cosine, sine) > 1.5 * max(independent)


def test_only_distance_correlation_sees_a_parabola():
    x = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None]
    parabola = x**2 - (x**2).mean()
    assert covariance(x, parabola).item() < 1e-20
    assert distance_correlation(x, parabola).item() > 0.05


@pytest.mark.parametrize("name", PENALTIES)
def test_the_gradient_is_right_and_reaches_new_components_only(name):
    frozen, new = numbers(8, 2), numbers(8, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: PENALTIES[name](frozen, z), (new,))
    PENALTIES[name](frozen, new).backward()
    assert (new.grad.abs().sum(0) > 0).all()


@pytest.mark.parametrize("name", PENALTIES)
def test_descent_takes_the_dependence_away(name):
    frozen = ScaleFreeBatchNorm(1)(numbers(24, 1))
    raw = (frozen + 0.5 * numbers(24, 1, seed=1)).requires_grad_()
    norm, optimizer = ScaleFreeBatchNorm(1), torch.optim.Adam([raw], lr=0.1)
    before = PENALTIES[name](frozen, norm(raw)).item()
    for _ in range(40):
        optimizer.zero_grad()
        PENALTIES[name](frozen, norm(raw)).backward()
        optimizer.step()
    assert PENALTIES[name](frozen, norm(raw)).item() < 0.05 * before
