"""Neighbourhoods of a generator: anchors, offsets, images, and the error of eq. 16."""

import numpy as np
import pytest
import torch

from latentspace.core.params import ParamsError, parse
from latentspace.gan.neighbourhood import (
    ErrorThroughGenerator,
    drawn_anchors,
    offsets,
    on_sphere,
    read_anchors,
    render,
    sample,
)
from latentspace.gan.network import Generator
from latentspace.gan.params import Neighbourhood

SPEC = {"sigma": 0.5, "train_images": 100, "test_images": 10, "seed": 3}


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator(8, [6, 4]).eval().fold()


@pytest.fixture(scope="module")
def drawn(generator):
    return sample(generator, drawn_anchors(8, [1])[0], Neighbourhood(**SPEC), 100, seed=0)


def test_anchors_lie_on_the_generators_sphere_and_follow_their_seeds():
    anchors = drawn_anchors(8, [4, 5])
    assert torch.allclose(anchors.norm(dim=1), torch.full((2,), 8**0.5))
    assert torch.equal(anchors[1], drawn_anchors(8, [5])[0])
    assert not torch.allclose(anchors[0], anchors[1])


def test_anchors_of_a_file_are_brought_to_the_sphere(tmp_path):
    path = tmp_path / "anchors.npy"
    rows = np.random.default_rng(0).normal(size=(3, 8))
    np.save(path, rows)
    assert torch.allclose(read_anchors(path, 8), on_sphere(torch.as_tensor(rows).float()))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        (b"not numpy", "not a .npy file"),
        (np.zeros((2, 7)), r"shape \(2, 7\), where \(anchors, 8\)"),
        (np.zeros(8), r"shape \(8,\)"),
        (np.zeros((0, 8)), r"shape \(0, 8\)"),
        (np.zeros((2, 8)), "points nowhere"),
        (np.full((1, 8), np.nan), "points nowhere"),
        (np.array([[None] * 8]), "not a .npy file"),
    ],
)
def test_a_wrong_file_of_anchors_is_named(tmp_path, content, complaint):
    path = tmp_path / "anchors.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    with pytest.raises(ValueError, match=rf"anchors\.npy: .*{complaint}"):
        read_anchors(path, 8)


def test_offsets_have_their_deviation_per_coordinate():
    eta = offsets(Neighbourhood(**SPEC), 8, 20_000, seed=1)
    assert eta.std(0).numpy() == pytest.approx(np.full(8, 0.5), rel=0.05)
    assert eta.mean(0).abs().max() < 0.02
    assert torch.equal(eta, offsets(Neighbourhood(**SPEC), 8, 20_000, seed=1))


def test_relative_offsets_have_one_length():
    eta = offsets(Neighbourhood(**SPEC, relative=True), 8, 100, seed=1)
    assert torch.allclose(eta.norm(dim=1), torch.full((100,), 0.5 * 8**0.5))


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_a_neighbourhood_without_extent_is_refused(sigma):
    with pytest.raises(ParamsError, match="sigma"):
        parse(Neighbourhood, {**SPEC, "sigma": sigma}, "gan")


def test_images_are_the_generators(generator, drawn):
    with torch.no_grad():
        wanted = generator(drawn.anchor + drawn.offsets)
    assert drawn.images.dtype == torch.float16
    assert torch.allclose(drawn.images.float(), wanted, rtol=2e-3, atol=1e-3)


def test_images_can_be_mapped_to_a_file(tmp_path, generator, drawn):
    path = tmp_path / "images.npy"
    mapped = render(generator, drawn.anchor + drawn.offsets, path)
    assert torch.equal(mapped, drawn.images)
    assert np.array_equal(np.load(path), drawn.images.numpy())


def test_latents_of_another_length_are_refused(generator):
    with pytest.raises(ValueError, match="latents of 7 numbers; the generator takes 8"):
        render(generator, torch.zeros(2, 7))


def test_train_and_test_draws_differ(generator, drawn):
    other = sample(generator, drawn.anchor, Neighbourhood(**SPEC), 100, seed=1)
    assert not torch.allclose(other.offsets, drawn.offsets)


def test_mean_and_variance_of_the_images(drawn):
    exact = drawn.images.double()
    assert torch.allclose(drawn.mean, exact.mean(0), atol=1e-9)
    assert drawn.variance == pytest.approx(((exact - exact.mean(0)) ** 2).mean().item(), rel=1e-9)


def test_the_error_is_that_of_the_images_over_their_variance(generator, drawn):
    error = ErrorThroughGenerator(generator, drawn.anchor, drawn.variance)
    guess = torch.zeros_like(drawn.offsets)
    with torch.no_grad():
        wanted = (generator(drawn.anchor + guess) - drawn.images.float()).square().mean() / drawn.variance
    assert error(guess, drawn.images).item() == pytest.approx(wanted.item(), rel=1e-5)
    assert error(drawn.offsets, drawn.images).item() < 1e-5


def test_gradients_reach_the_offsets_and_nothing_else(generator, drawn):
    error = ErrorThroughGenerator(generator, drawn.anchor, drawn.variance)
    guess = torch.zeros_like(drawn.offsets, requires_grad=True)
    error(guess, drawn.images).backward()
    assert guess.grad is not None and float(guess.grad.norm()) > 0
    assert not any(value.requires_grad for value in error.state_dict(keep_vars=True).values())


def test_a_neighbourhood_in_which_nothing_varies_is_refused(generator, drawn):
    with pytest.raises(ValueError, match="answers to nothing"):
        ErrorThroughGenerator(generator, drawn.anchor, 0.0)
