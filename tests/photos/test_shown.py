"""Traversals at full size: averaged images, names, JPEG."""

import numpy as np
import torch
from PIL import Image

from latentspace.gan.directions import Directions
from latentspace.gan.local import LocalModel, Organised
from latentspace.gan.neighbourhood import Neighbourhood
from latentspace.gan.params import Sizes, Variant
from latentspace.photos import shown
from latentspace.photos.params import STYLES


def test_pictures_are_means_over_blocks_of_pixels(tiny):
    z = torch.randn(2, 4)
    blocks = tiny(z).view(2, 3, 4, 2, 4, 2).mean((3, 5))
    np.testing.assert_allclose(shown.averaged(tiny, 4, z), ((blocks + 1) / 2).permute(0, 2, 3, 1).numpy(), atol=1e-6)


def test_every_variant_has_a_picture_with_a_row_per_component(tiny, tmp_path):
    place = Neighbourhood(torch.zeros(4), 0.7, number=3)
    model = LocalModel.about(place, Directions.along(torch.eye(4)[:, :2]))
    model.anchor.requires_grad_()  # as the weights of a trained model
    organised = Organised(Variant(generator=STYLES, anchors=[3]), tiny, [place], {(place.name, 0): model})
    sizes = Sizes(train_images=8, test_images=64, seed=0)
    found = shown.experiment({"mine": organised}, {STYLES: tiny}, sizes, steps=3, side=8)
    found.pictures["mine.jpg"].save(tmp_path / "mine.jpg")
    with Image.open(tmp_path / "mine.jpg") as image:
        assert image.format == "JPEG" and image.width > image.height
    assert [label.split(":")[0] for label in shown.names(organised, sizes)] == ["z1", "z2"]
