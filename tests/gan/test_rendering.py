"""Images of a neighbourhood's latents, and the error of eq. 16."""

import numpy as np
import pytest
import torch

from latentspace.gan.neighbourhood import Neighbourhood, drawn_anchors
from latentspace.gan.rendering import PlacedGenerator, render, sample
from latentspace.pca.errors import ErrorThrough


@pytest.fixture(scope="module")
def place():
    return Neighbourhood(drawn_anchors(8, [1])[0], 0.5)


@pytest.fixture(scope="module")
def drawn(generator, place):
    return sample(generator, place, 100, seed=0)


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


def test_the_error_is_that_of_the_images_over_their_variance(generator, drawn):
    error = ErrorThrough(PlacedGenerator(generator, drawn.place), drawn.variance)
    guess = torch.zeros_like(drawn.offsets)
    with torch.no_grad():
        wanted = (generator(drawn.place.latents(guess)) - drawn.images.float()).square().mean() / drawn.variance
    assert error(torch.nn.Identity(), guess, drawn.images).item() == pytest.approx(wanted.item(), rel=1e-5)
    assert error(torch.nn.Identity(), drawn.offsets, drawn.images).item() < 1e-5


def test_gradients_reach_the_offsets_and_nothing_else(generator, drawn):
    error = ErrorThrough(PlacedGenerator(generator, drawn.place), drawn.variance)
    guess = torch.zeros_like(drawn.offsets, requires_grad=True)
    error(torch.nn.Identity(), guess, drawn.images).backward()
    assert guess.grad is not None and float(guess.grad.norm()) > 0
    assert not any(value.requires_grad for value in error.state_dict(keep_vars=True).values())


def test_a_neighbourhood_in_which_nothing_varies_is_refused(generator, place):
    with pytest.raises(ValueError, match="is constant"):
        ErrorThrough(PlacedGenerator(generator, place), 0.0)
