"""Neighbourhoods of a generator: anchors, offsets, statistics of images."""

import numpy as np
import pytest
import torch

from latentspace.gan.neighbourhood import Neighbourhood, drawn_anchors, on_sphere, read_anchors, seed_of
from latentspace.gan.rendering import sample


@pytest.fixture(scope="module")
def place():
    return Neighbourhood(drawn_anchors(8, [1])[0], 0.5)


@pytest.fixture(scope="module")
def drawn(generator, place):
    return sample(generator, place, 100, seed=0)


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
        (np.zeros((2, 8)), "is no anchor"),
        (np.full((1, 8), np.nan), "is no anchor"),
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


def test_latents_have_their_deviation_per_coordinate(place):
    eta = place.latents(place.draw(20_000, seed=1)) - place.anchor
    assert eta.std(0).numpy() == pytest.approx(np.full(8, 0.5), rel=0.05)
    assert eta.mean(0).abs().max() < 0.02
    assert torch.equal(place.draw(5, seed=1), place.draw(5, seed=1))


def test_relative_offsets_have_one_length(place):
    relative = Neighbourhood(place.anchor, 0.5, relative=True)
    eta = relative.latents(relative.draw(100, seed=1)) - place.anchor
    assert torch.allclose(eta.norm(dim=1), torch.full((100,), 0.5 * 8**0.5))


def test_train_and_test_draws_differ(place):
    train, test = (place.draw(10, seed_of(3, test=test)) for test in (False, True))
    assert not torch.allclose(train, test)


def test_mean_and_variance_of_the_images(drawn):
    exact = drawn.images.double()
    assert torch.allclose(drawn.mean, exact.mean(0), atol=1e-9)
    assert drawn.variance == pytest.approx(((exact - exact.mean(0)) ** 2).mean().item(), rel=1e-9)


@pytest.mark.parametrize(("sigma", "word"), [(1e-12, "small"), (1e-320, "small"), (1e30, "large")])
def test_a_sigma_that_rounding_loses_is_named(generator, place, sigma, word):
    with pytest.raises(ValueError, match=rf"^sigmas: σ = .* is too {word} for latents in float32") as caught:
        sample(generator, Neighbourhood(place.anchor, sigma, number=3), 10, seed=0)
    assert "\n" not in str(caught.value)
