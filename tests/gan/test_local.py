"""Models of neighbourhoods: latents to latents, and files."""

import pytest
import torch

from latentspace import load
from latentspace.gan.directions import Directions
from latentspace.gan.local import LocalModel, load_local
from latentspace.gan.neighbourhood import Neighbourhood, drawn_anchors
from latentspace.nn import models
from latentspace.pca.networks import DenseNetwork


@pytest.fixture(scope="module")
def place():
    return Neighbourhood(drawn_anchors(8, [1])[0], 0.5)


def test_a_local_model_maps_latents_to_latents_and_comes_back_from_its_file(tmp_path, place):
    inner = Directions.along(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)))
    model = LocalModel.about(place, inner)
    latents = place.latents(place.draw(20, seed=2))
    assert torch.allclose(model.decode(model.encode(latents)), latents, atol=1e-5)
    assert torch.allclose(model.decode(torch.zeros(1, 8)), place.anchor[None])
    models.save(model, tmp_path / "model.safetensors")
    assert torch.equal(load(tmp_path / "model.safetensors").encode(latents), model.encode(latents))


def test_a_local_model_wants_a_latent_model_inside():
    with pytest.raises(ValueError, match="latent model"):
        LocalModel(torch.nn.Linear(8, 2), 8, 0.5)


def test_a_model_of_something_else_is_named(tmp_path):
    path = tmp_path / "other.safetensors"
    models.save(DenseNetwork(2, 3, 1), path)
    with pytest.raises(ValueError, match=r"other\.safetensors: holds a DenseNetwork"):
        load_local(path)
