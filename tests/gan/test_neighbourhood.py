"""Neighbourhoods of a generator: anchors, offsets, images, and the error of eq. 16."""

import numpy as np
import pytest
import torch

from latentspace import load
from latentspace.core.params import ParamsError, parse
from latentspace.gan.directions import Directions
from latentspace.gan.neighbourhood import (
    ErrorThroughGenerator,
    LocalModel,
    Neighbourhood,
    drawn_anchors,
    on_sphere,
    read_anchors,
    render,
    sample,
    seed_of,
)
from latentspace.gan.params import Variant


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


def test_latents_have_their_deviation_per_coordinate(place):
    eta = place.latents(place.draw(20_000, seed=1)) - place.anchor
    assert eta.std(0).numpy() == pytest.approx(np.full(8, 0.5), rel=0.05)
    assert eta.mean(0).abs().max() < 0.02
    assert torch.equal(place.draw(5, seed=1), place.draw(5, seed=1))


def test_relative_offsets_have_one_length(place):
    relative = Neighbourhood(place.anchor, 0.5, relative=True)
    eta = relative.latents(relative.draw(100, seed=1)) - place.anchor
    assert torch.allclose(eta.norm(dim=1), torch.full((100,), 0.5 * 8**0.5))


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_a_neighbourhood_without_extent_is_refused(sigma):
    with pytest.raises(ParamsError, match=r"gan_train\.variants\.a\.sigmas\.0"):
        parse(Variant, {"generator": "avatars", "anchors": [1], "sigmas": [sigma]}, "gan_train.variants.a")


def test_images_are_the_generators(generator, drawn):
    with torch.no_grad():
        wanted = generator(drawn.place.anchor + 0.5 * drawn.offsets)
    assert drawn.images.dtype == torch.float16
    assert torch.allclose(drawn.images.float(), wanted, rtol=2e-3, atol=1e-3)


def test_images_can_be_mapped_to_a_file(tmp_path, generator, drawn):
    path = tmp_path / "images.npy"
    mapped = render(generator, drawn.place.latents(drawn.offsets), path)
    assert torch.equal(mapped, drawn.images)
    assert np.array_equal(np.load(path), drawn.images.numpy())
    path.chmod(0o444)
    assert torch.equal(render(generator, drawn.place.latents(drawn.offsets), path), drawn.images), (
        "it is read, not made"
    )


def test_latents_of_another_length_are_refused(generator):
    with pytest.raises(ValueError, match="latents of 7 numbers; the generator takes 8"):
        render(generator, torch.zeros(2, 7))


def test_train_and_test_draws_differ(place):
    train, test = (place.draw(10, seed_of(3, test=test)) for test in (False, True))
    assert not torch.allclose(train, test)


def test_mean_and_variance_of_the_images(drawn):
    exact = drawn.images.double()
    assert torch.allclose(drawn.mean, exact.mean(0), atol=1e-9)
    assert drawn.variance == pytest.approx(((exact - exact.mean(0)) ** 2).mean().item(), rel=1e-9)


def test_the_error_is_that_of_the_images_over_their_variance(generator, drawn):
    error = ErrorThroughGenerator(generator, drawn.place, drawn.variance)
    guess = torch.zeros_like(drawn.offsets)
    with torch.no_grad():
        wanted = (generator(drawn.place.latents(guess)) - drawn.images.float()).square().mean() / drawn.variance
    assert error(torch.nn.Identity(), guess, drawn.images).item() == pytest.approx(wanted.item(), rel=1e-5)
    assert error(torch.nn.Identity(), drawn.offsets, drawn.images).item() < 1e-5


def test_gradients_reach_the_offsets_and_nothing_else(generator, drawn):
    error = ErrorThroughGenerator(generator, drawn.place, drawn.variance)
    guess = torch.zeros_like(drawn.offsets, requires_grad=True)
    error(torch.nn.Identity(), guess, drawn.images).backward()
    assert guess.grad is not None and float(guess.grad.norm()) > 0
    assert not any(value.requires_grad for value in error.state_dict(keep_vars=True).values())


def test_a_neighbourhood_in_which_nothing_varies_is_refused(generator, place):
    with pytest.raises(ValueError, match="output is constant"):
        ErrorThroughGenerator(generator, place, 0.0)


def test_a_local_model_maps_latents_to_latents_and_comes_back_from_its_file(tmp_path, place):
    inner = Directions.along(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))
    model = LocalModel.about(place, inner)
    latents = place.latents(place.draw(20, seed=2))
    assert torch.allclose(model.decode(model.encode(latents)), latents, atol=1e-5)
    assert torch.allclose(model.decode(torch.zeros(1, 8)), place.anchor[None])
    model.save(tmp_path / "model.safetensors")
    assert torch.equal(load(tmp_path / "model.safetensors").encode(latents), model.encode(latents))


def test_a_local_model_wants_a_latent_model_inside():
    with pytest.raises(ValueError, match="latent model"):
        LocalModel(torch.nn.Linear(8, 2), 8, 0.5)
