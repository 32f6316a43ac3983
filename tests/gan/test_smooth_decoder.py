"""The decoder without blocks: its sizes, and that neighbouring pixels are made alike wherever they are."""

import pytest
import torch

from latentspace.gan.smooth_decoder import SmoothDecoder
from latentspace.nn import models


def test_codes_become_images_of_the_size(tmp_path):
    decoder = SmoothDecoder(16, 3, [8, 6, 4], 2)
    images = decoder(torch.randn(5, 2))
    assert images.shape == (5, 3, 16, 16) and images.min() >= 0 and images.max() <= 1
    models.save(decoder, tmp_path / "decoder.safetensors")
    assert torch.equal(models.load(tmp_path / "decoder.safetensors")(torch.ones(1, 2)), decoder(torch.ones(1, 2)))


@pytest.mark.parametrize("widths", [[4] * 5, []])
def test_an_image_that_cannot_be_halved_so_often_is_refused(widths):
    with pytest.raises(ValueError, match="16 pixels cannot be halved"):
        SmoothDecoder(16, 3, widths, 2)


def test_one_place_of_the_coarsest_map_reaches_beyond_its_block():
    """Each pixel has contributions of several places, so no edge lies between the blocks of two of them."""
    torch.manual_seed(0)
    decoder = SmoothDecoder(16, 1, [4, 4], 1)
    image = torch.zeros(1, 4, 4, 4, requires_grad=True)
    x = image
    for level in decoder.levels:
        x = level(x)
    (gradient,) = torch.autograd.grad(x[0, 0, 4, 4], image)  # a corner pixel of the block of place (1, 1)
    places = gradient.abs().sum(1)[0] > 0
    assert places.sum() >= 4 and places[1, 1] and places[0, 0]
