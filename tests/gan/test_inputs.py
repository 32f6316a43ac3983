"""Trained variants as files."""

import pytest
import torch
from torch import nn

from latentspace.gan.directions import Directions
from latentspace.gan.formats import exported
from latentspace.gan.inputs import load_frozen, load_organised
from latentspace.gan.local import LocalModel
from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.params import Variant
from latentspace.gan.places import places
from latentspace.nn import models
from latentspace.pca.networks import DenseNetwork


def test_a_variant_comes_back_with_its_models(tmp_path, organised):
    for place in organised.places:
        models.save(organised.models[place.name, 0], tmp_path / place.file(0))
    again = load_organised(organised.generator, organised.variant, tmp_path, [0, 1])
    assert list(again.models) == list(organised.models) and again.variant == organised.variant
    place, model = again.first
    assert place.name == "sigma_0.1_anchor_1" and model is again.models[place.name, 0]
    with pytest.raises(ValueError, match=r"sigma_0\.1_anchor_1_seed_1\.safetensors: no such file"):
        load_organised(organised.generator, organised.variant, tmp_path, [1])


def test_anchors_that_are_latents_of_pictures_come_back_from_the_models(tmp_path, organised):
    (tmp_path / "me.png").touch()
    variant = Variant(generator="tiny", anchors_from=[str(tmp_path / "me.png")] * 2, sigmas=[0.1])
    latents = drawn_anchors(8, [7, 8])
    for place in places(variant, 8, found=latents):
        models.save(LocalModel.about(place, Directions.along(torch.eye(8))), tmp_path / place.file(0))
    again = load_organised(organised.generator, variant, tmp_path, [0])
    assert [place.name for place in again.places] == ["sigma_0.1_anchor_0", "sigma_0.1_anchor_1"]
    assert torch.equal(torch.stack([place.anchor for place in again.places]), latents)


def test_a_generator_of_any_kind_is_read_with_its_class_or_without(tmp_path):
    torch.manual_seed(0)
    program, path = tmp_path / "program.safetensors", tmp_path / "made.pt2"
    layers = nn.Sequential(nn.Linear(5, 48), nn.Unflatten(1, (3, 4, 4)))
    torch.export.save(torch.export.export(layers, (torch.zeros(1, 5),)), path)
    models.save(exported.read(path, prior="normal"), program)
    z = torch.randn(3, 5)
    assert torch.allclose(load_frozen(program)(z), layers(z), atol=1e-6)
    with pytest.raises(ValueError, match=r"label = 1: .*program\.safetensors holds a generator without classes"):
        load_frozen(program, 1)
    models.save(DenseNetwork(2, 3, 1), tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors: holds a DenseNetwork, not a generator"):
        load_frozen(tmp_path / "other.safetensors")
