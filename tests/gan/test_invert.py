"""Search for the latents of images."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from latentspace.gan.frozen import Frozen
from latentspace.gan.invert import NotAnImageError, invert, latents_of, read_pictures
from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.network import Generator


class Plane(Frozen):
    """Images that are linear in a normal latent: three coloured patterns."""

    latent, size, prior = 3, 8, "normal"

    def __init__(self):
        super().__init__()
        self.register_buffer("patterns", torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0)) / 6)

    def forward(self, z):
        return torch.einsum("nk,kchw->nchw", z, self.patterns)


@pytest.fixture
def sphere():
    torch.manual_seed(0)
    return Generator(6, [8, 8], channels=1).fold().eval()


def test_the_latents_of_a_linear_generator_are_found():
    wanted = torch.tensor([[0.5, -1.0, 0.2], [-0.3, 0.4, 0.9]])
    found = invert(Plane(), Plane()(wanted).clamp(-1, 1), samples=200, steps=300)
    assert torch.allclose(found.latents, wanted, atol=0.02)
    assert bool((found.errors < 1e-3 * found.nearest_errors).all())
    assert bool((found.errors < found.largest).all())


def test_latents_stay_where_the_generator_expects_them(sphere):
    images = sphere(drawn_anchors(6, [3, 4, 5])).clamp(-1, 1)
    found = invert(sphere, images, samples=500, steps=100)
    assert torch.allclose(found.latents.norm(dim=1), torch.full((3,), 6**0.5))
    assert bool((found.errors < found.nearest_errors).all())
    assert torch.equal(invert(sphere, images, samples=500, steps=100).latents, found.latents)


def test_normal_latents_do_not_become_longer_than_drawn_ones_are():
    found = invert(Plane(), Plane()(30 * torch.ones(1, 3)).clamp(-1, 1), samples=2, starts=1, steps=200)
    drawn = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)).norm(dim=1)
    assert float(found.latents.norm()) <= max(1.25 * 3**0.5, float(drawn.max())) + 1e-5


def test_the_search_is_never_worse_than_its_start(sphere):
    images = sphere(drawn_anchors(6, range(20))).clamp(-1, 1)
    found = invert(sphere, images, samples=2000, starts=1, steps=3)
    assert bool((found.errors <= found.nearest_errors).all())


def test_nearest_is_the_nearest_of_all_drawn(sphere):
    images = sphere(drawn_anchors(6, [3])).clamp(-1, 1)
    few, many = (invert(sphere, images, samples=samples, steps=1) for samples in (100, 1000))
    assert float(many.nearest_errors) <= float(few.nearest_errors)


def test_what_is_no_image_of_the_generator_is_refused_with_its_error(tmp_path):
    noise = (torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(1)) * 255).byte().numpy()
    Image.fromarray(noise).save(tmp_path / "noise.png")
    own = (Plane()(torch.tensor([[0.5, -0.5, 0.1]]))[0].permute(1, 2, 0) * 127.5 + 127.5).byte().numpy()
    Image.fromarray(own).save(tmp_path / "own.png")
    assert torch.allclose(latents_of(Plane(), [tmp_path / "own.png"])[0], torch.tensor([0.5, -0.5, 0.1]), atol=0.05)
    with pytest.raises(NotAnImageError, match=r"noise\.png \(error 0\.\d+\): not an image of this generator") as caught:
        latents_of(Plane(), [tmp_path / "own.png", tmp_path / "noise.png"])
    assert "own.png" not in str(caught.value)
    assert latents_of(Plane(), None) is None


def test_images_of_another_shape_are_refused(sphere):
    with pytest.raises(ValueError, match=r"images of the shape \(3, 8, 8\); the generator's are \(1, 8, 8\)"):
        invert(sphere, torch.zeros(1, 3, 8, 8))


def test_an_error_that_is_no_number_is_far(sphere):
    images = sphere(drawn_anchors(6, [3])).clamp(-1, 1)
    found = replace(invert(sphere, images, samples=50, steps=1), errors=torch.tensor([torch.nan]))
    with pytest.raises(NotAnImageError, match=r"me\.png"):
        found.check(["me.png"])


@pytest.mark.parametrize("wrong", [{"starts": 3, "samples": 2}, {"starts": 0}, {"steps": 0}])
def test_numbers_that_make_no_sense_are_refused(sphere, wrong):
    with pytest.raises(ValueError, match="1 ≤ starts ≤ samples and steps ≥ 1 are needed"):
        invert(sphere, torch.zeros(1, 1, 8, 8), **wrong)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_cut_to_squares(tmp_path, channels):
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 10:30] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    assert torch.equal(read_pictures([tmp_path / "wide.png"], 10, channels), torch.ones(1, channels, 10, 10))
    with pytest.raises(ValueError, match=r"none\.png"):
        read_pictures([tmp_path / "none.png"], 10, channels)
