"""Small disks and small networks, and what every test of an experiment asks of its findings."""

import pytest
import torch
from matplotlib import pyplot as plt

from latentspace.images import scaled
from latentspace.images.params import Sampling
from latentspace.images.shapes import Disk
from latentspace.size.network import ShapeAutoencoder, initialise

SIZE = 16


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def disks():
    sampling = Sampling(image_size=SIZE, radius_max=7.5, blur=0.5, train_images=32, test_images=24, seed=0)
    return scaled.make(Disk(), sampling, validation_images=20)


@pytest.fixture(scope="session")
def network():
    """A function that makes small networks with random biases."""

    def make(init="random", seed=0, **changes):
        config = {"image_size": SIZE, "code_size": 1, "slope": 0.2}
        config |= {"encoder_widths": [4, 3, 2], "decoder_widths": [4, 3, 2]}
        net = ShapeAutoencoder(**{**config, **changes})
        initialise(net, init, seed)
        for layer in [*net.encoder, *net.decoder]:
            if layer.bias is not None:
                torch.nn.init.normal_(layer.bias)
        return net.eval()

    return make


@pytest.fixture(scope="session")
def pair(network):
    """A function that makes two networks of one kind, by seed."""
    return lambda **changes: {seed: network(seed=seed, **changes) for seed in (0, 1)}
