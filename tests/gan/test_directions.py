"""Straight lines in latent space: every method against what it must find on constructed data."""

import pytest
import torch

from latentspace.gan import directions
from latentspace.gan.directions import Directions
from latentspace.gan.neighbourhood import Neighbourhood, Sample, drawn_anchors
from latentspace.gan.rendering import sample
from latentspace.report.gan import LINES


@pytest.fixture(scope="module")
def place():
    return Neighbourhood(drawn_anchors(8, [1])[0], 0.3)


@pytest.fixture(scope="module")
def linear(place):
    """Offsets, and images that depend on three of their directions, linearly and ever more weakly."""
    torch.manual_seed(1)
    basis = torch.linalg.qr(torch.randn(8, 8))[0][:, :3]
    pictures = torch.linalg.qr(torch.randn(48, 48))[0][:3] * torch.tensor([[3.0], [2.0], [1.0]])
    offsets = torch.randn(4000, 8)
    return basis, Sample(place, offsets, (offsets @ basis @ pictures).view(-1, 3, 4, 4).half())


def overlap(a, b):
    """Smallest cosine between the spans of two sets of orthonormal columns: 1 if they are equal."""
    return float(torch.linalg.svdvals(a.double().T @ b.double()).min())


def test_directions_are_orthonormal_and_nested():
    columns = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    model = Directions.along(columns)
    assert torch.allclose(model.columns.T @ model.columns, torch.eye(3), atol=1e-6)
    assert torch.allclose(model.columns[:, 0], columns[:, 0] / columns[:, 0].norm(), atol=1e-6)
    x = torch.randn(5, 8)
    assert torch.allclose(model.decode(model.encode(x)[:, :1]), (x @ model.columns[:, :1]) @ model.columns[:, :1].T)


def test_ganspace_finds_the_directions_of_a_linear_generator(generator, linear):
    basis, data = linear
    found = Directions.along(directions.METHODS["ganspace"](generator, data, 3)).columns
    assert overlap(found, basis) > 0.999
    assert float((found[:, 0] @ basis[:, 0]).abs()) > 0.99, "the strongest comes first"


def test_independent_components_are_found_where_principal_ones_are_mixed(generator, place):
    """Images that are sums of three orthogonal pictures, times independent numbers of equal variance, not Gaussian."""
    torch.manual_seed(2)
    basis, pictures = (torch.linalg.qr(torch.randn(n, n))[0] for n in (8, 48))
    offsets = torch.rand(4000, 8) * 2 - 1
    strengths = torch.tensor([[1.05], [1.0], [0.95]])
    images = (offsets[:, :3] @ (pictures[:3] * strengths)).view(-1, 3, 4, 4)
    turned = Sample(place, offsets @ basis.T, images.half())
    mixed, found = (directions.METHODS[name](generator, turned, 3) for name in ("ganspace", "ganspace_ica"))
    cosine = (torch.nn.functional.normalize(found, dim=0).T @ basis[:, :3]).abs()
    assert cosine.max(1).values.min() > 0.99
    assert torch.equal(cosine.argmax(1), torch.arange(3)), "in the order of the variance of the images"
    assert overlap(Directions.along(found).columns, Directions.along(mixed).columns) > 0.99, "the span is the same"
    again = directions.METHODS["ganspace_ica"](generator, turned, 3)
    assert torch.equal(found, again)


def test_gaussian_scores_have_no_independent_components_but_a_result(generator, linear):
    basis, data = linear
    found = Directions.along(directions.METHODS["ganspace_ica"](generator, data, 3)).columns
    assert overlap(found, basis) > 0.999


def test_the_jacobian_is_that_of_the_generator(generator, place):
    data = sample(generator, place, 4, seed=0)
    ours = directions.jacobian_at(generator, data)
    exact = torch.autograd.functional.jacobian(lambda x: generator(place.latents(x[None])).flatten(), torch.zeros(8))
    assert torch.allclose(ours, exact.double(), atol=1e-4 * float(exact.abs().max()))


def test_the_first_singular_vector_changes_the_image_most(generator, place):
    data = sample(generator, place, 4, seed=0)
    matrix = directions.jacobian_at(generator, data)
    first = Directions.along(directions.jacobian(generator, data, 3)).columns[:, 0].double()
    others = torch.nn.functional.normalize(torch.randn(200, 8, dtype=torch.float64), dim=1)
    assert (matrix @ first).norm() >= (matrix @ others.T).norm(dim=0).max()


def test_raw_axes_are_axes_and_the_strongest(generator, place):
    data = sample(generator, place, 4, seed=0)
    strength = directions.jacobian_at(generator, data).norm(dim=0)
    columns = directions.raw_axes(generator, data, 3)
    assert torch.equal(columns.sum(0), torch.ones(3)) and torch.equal(columns.square().sum(0), torch.ones(3))
    assert sorted(columns.argmax(0).tolist()) == sorted(strength.argsort(descending=True)[:3].tolist())


def test_sefa_maximises_the_first_layer(generator, place):
    data = sample(generator, place, 4, seed=0)
    first = directions.sefa(generator, data, 2)[:, 0]
    others = torch.nn.functional.normalize(torch.randn(200, 8), dim=1)
    weight = generator.format_weight
    assert (weight @ first).norm() >= (weight @ others.T).norm(dim=0).max() - 1e-5


def test_latent_pca_finds_the_longest_directions(generator, place):
    offsets = torch.randn(2000, 8) * torch.tensor([1, 1, 5.0, 1, 3, 1, 1, 1])
    data = Sample(place, offsets, torch.zeros(2000, 3, 2, 2, dtype=torch.float16))
    found = directions.latent_pca(generator, data, 2)
    assert overlap(found, torch.eye(8)[:, [2, 4]]) > 0.99


def test_the_methods_are_those_that_the_claims_name():
    assert set(directions.METHODS) == set(LINES)
