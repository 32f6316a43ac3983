import pytest
import torch

from latentspace.gan.directions import Directions
from latentspace.gan.local import LocalModel, Organised
from latentspace.gan.network import Generator
from latentspace.gan.params import Sizes, Variant
from latentspace.gan.places import places


@pytest.fixture(scope="session")
def generator():
    """A tiny frozen generator with random weights: latents of 8 numbers, images of 8 × 8 pixels."""
    torch.manual_seed(0)
    return Generator(8, [6, 4]).eval().fold()


@pytest.fixture(scope="session")
def variant():
    return Variant(generator="tiny", anchors=[1], sigmas=[0.1], packet_sizes=[1, 1])


@pytest.fixture(scope="session")
def sizes():
    return Sizes(train_images=64, test_images=48, seed=0)


@pytest.fixture(scope="session")
def organised(generator, variant):
    """The tiny generator with models that lose nothing: all axes of the latent space."""
    several = variant.model_copy(update={"sigmas": [0.1, 0.4]})
    found = places(several, 8)
    model = {(place.name, 0): LocalModel.about(place, Directions.along(torch.eye(8))) for place in found}
    return Organised(several, generator, found, model)


def colours(images):
    """Brightness and redness of images, as a stand-in for attributes."""
    red = images[:, 0].double().mean((1, 2)).numpy()
    return {"brightness": images.double().mean((1, 2, 3)).numpy(), "red": red}


@pytest.fixture(scope="session")
def measure():
    return colours
