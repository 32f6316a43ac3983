"""Layers of decoders equal the decoders."""

import pytest
import torch

from latentspace.pca import lowered, lowered_baselines  # noqa: F401, the layers that are tested
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.baselines import Denormalised, LinearPCA
from latentspace.pca.networks import ConvDecoder, ConvEncoder, DenseNetwork, PacketAutoencoder
from latentspace.plots.decoder import layers_of

from ..plots.computed import computed

SIZE, CHANNELS = 16, 3


def random(model):
    """The model with random numbers for all weights and statistics, far from those that do nothing."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.uniform_(-0.6, 0.6)
    return model.eval()


def images(size, decoder=lambda network, _: network):
    encoders = [ConvEncoder(SIZE, CHANNELS, [2, 2], 1) for _ in range(size)]
    decoders = [decoder(ConvDecoder(SIZE, CHANNELS, [4, 3], k + 1), k + 1) for k in range(size)]
    return PacketAutoencoder(encoders, decoders, [1] * size)


def dense(packets):
    ends = torch.tensor(packets).cumsum(0).tolist()
    encoders = [DenseNetwork(3, 4, size) for size in packets]
    return PacketAutoencoder(encoders, [DenseNetwork(end, 5, 3) for end in ends], packets, deflations=True)


MODELS = {
    "images": lambda: images(3),
    "denormalised": lambda: images(3, Denormalised),
    "deflated packets": lambda: dense([2, 1]),
    "organised": lambda: OrganisedLatents(images(3), dense([1, 2])),
    "linear_pca": lambda: LinearPCA([CHANNELS, SIZE, SIZE], 3),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_layers_equal_the_decoder(make):
    torch.manual_seed(0)
    model, z = random(make()), torch.randn(5, 3)
    with torch.no_grad():
        wanted, found = model.decode(z).flatten(1), computed(layers_of(model), z).flatten(1)
    assert wanted.std(0).max() > 0.01, "the test sees differences"
    assert torch.allclose(found.float(), wanted, atol=1e-5)
