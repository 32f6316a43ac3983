"""Faces: rendered from the seed, whatever the number of images; the record."""

import numpy as np
import torch

from latentspace.gan.formats.traced import traced
from latentspace.images.labelled import to_pixels
from latentspace.pretraining import faces
from latentspace.pretraining.params import Faces


def test_the_set_is_what_the_teacher_makes_of_latents_of_the_seed(tmp_path):
    weight = torch.randn(5, 3 * 64, generator=torch.Generator().manual_seed(0)) / 3
    teacher = traced(lambda z: (z @ weight).view(-1, 3, 8, 8).tanh(), [5], (-1.0, 1.0), "sphere")
    data = faces.make(Faces(images=40, seed=3), teacher, torch.device("cpu"))
    z = torch.randn(40, 5, generator=torch.Generator().manual_seed(3))
    assert data.images.shape == (40, 8, 8, 3) and not data.names
    assert np.abs(data.images.astype(int) - to_pixels(teacher(z))).max() <= 1
    found = faces.experiment(data)
    found.pictures["examples.png"].save(tmp_path / "examples.png")
    assert found.summary == "40 faces of 8 pixels"
