"""Layers of generators and of neighbourhoods equal them."""

import pytest
import torch

from latentspace.gan.affine import Affine, Bent
from latentspace.gan.directions import Directions
from latentspace.gan.layers import transposed_kernel
from latentspace.gan.local import LocalModel
from latentspace.gan.lowered import kernel_of
from latentspace.gan.neighbourhood import Neighbourhood
from latentspace.gan.network import Generator
from latentspace.pca.networks import PacketAutoencoder
from latentspace.plots.decoder import UnsupportedError, layers_of

from ..plots.computed import computed


@pytest.mark.parametrize(("classes", "label"), [(0, None), (3, 2)])
def test_layers_equal_the_generator_with_images_between_0_and_1(classes, label):
    torch.manual_seed(0)
    network = Generator(8, [6, 5, 4], classes=classes).eval()
    for tensor in network.state_dict().values():
        tensor.normal_()
    generator, z = network.fold(label), torch.randn(4, 8)
    found = computed(layers_of(generator), z)
    assert found.shape == (4, 3, 16, 16)
    assert torch.allclose(2 * found.float() - 1, generator(z), atol=1e-3)


def test_a_generator_that_is_fading_is_refused():
    with pytest.raises(UnsupportedError, match="still fading"):
        layers_of(Generator(8, [6, 4], alpha=0.5).eval().fold())


def test_the_kernel_is_found_again():
    weight = torch.randn(5, 4, 3, 3, dtype=torch.float64)
    assert torch.allclose(kernel_of(transposed_kernel(weight)), weight)


def test_layers_equal_the_models_of_a_neighbourhood():
    torch.manual_seed(0)
    place, z = Neighbourhood(torch.randn(8), 0.7), torch.randn(4, 2)
    lines = PacketAutoencoder([Affine(8, 1), Affine(8, 1)], [Affine(1, 8), Affine(2, 8)], [1, 1], deflations=True)
    for tensor in lines.state_dict().values():
        tensor.normal_()
    for inner in (lines, Directions.along(torch.randn(8, 2))):
        model = LocalModel.about(place, inner)
        with torch.no_grad():
            found, wanted = computed(layers_of(model), z), model.decode(z)
        assert len(layers_of(model)) == 1, "straight lines are one linear layer"
        assert torch.allclose(found.float(), wanted, atol=1e-5)


def test_layers_equal_networks_that_bend():
    torch.manual_seed(0)
    network, z = Bent(3, 7, 8), torch.randn(4, 3)
    for tensor in network.state_dict().values():
        tensor.normal_()
    with torch.no_grad():
        assert torch.allclose(computed(layers_of(network), z).float(), network(z), atol=1e-4)
