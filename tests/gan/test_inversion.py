"""Latents found for held-out images: their measures."""

import numpy as np
import pytest
import torch

from latentspace.gan.inversion import experiment, fitted
from latentspace.gan.network import Generator
from latentspace.gan.params import Inverted
from latentspace.gan.regressor_network import Regressor
from latentspace.gan.rendering import render
from latentspace.images.labelled import without_factors


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_the_generator_are_found_and_those_of_another_refused(channels, tmp_path):
    torch.manual_seed(0)
    made = Generator(4, [8, 8], channels=channels).fold().eval()
    others = Generator(4, [8, 8, 8]).fold().eval()
    for name, buffer in others.named_buffers():
        if name == "rgb_weight":
            buffer.mul_(5)  # much contrast
    images = fitted(render(made, torch.randn(6, 4)).float().clamp(-1, 1), (6, 3, 8, 8))
    drawn = without_factors(((images.permute(0, 2, 3, 1) + 1) * 127.5).round().byte().numpy())
    section = Inverted(images=6, samples=300, starts=2, steps=100, seed=0)
    found = experiment(made, drawn, Regressor(8, [4], ["a", "b"]), section, others)
    values = {row.key: row.value for row in found.rows}
    assert np.mean([values[f"inversion.pixel_ratio/head_{number}"] for number in range(6)]) < 0.5
    assert values["inversion.factor_ratio"] < 1
    assert values["inversion.accepted"] == 1
    assert values["inversion.foreign_refused"] == 1 or channels == 1  # in grey they may look alike
    found.pictures["inversion.png"].save(tmp_path / "inversion.png")
    alone = experiment(made, drawn, Regressor(8, [4], ["a", "b"]), section, None)
    assert "inversion.foreign_refused" not in {row.key for row in alone.rows}


def test_images_take_the_channels_and_the_size_of_the_generator():
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(fitted(images, (9, 3, 8, 8)), images)
    assert torch.allclose(fitted(images, (9, 1, 8, 8)), images.mean(1, keepdim=True))
    assert fitted(images, (9, 1, 4, 4)).shape == (2, 1, 4, 4)
