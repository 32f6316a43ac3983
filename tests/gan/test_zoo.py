"""The import of zoo files in all shapes, key layouts and file formats; the arithmetic against one without PyTorch."""

import numpy as np
import pytest
import torch

from latentspace.gan import zoo
from latentspace.gan.network import Generator
from latentspace.gan.params import Zoo
from latentspace.gan.zoo_import import literal_forward


def test_all_shapes_layouts_and_formats_equal_the_zoo(tmp_path):
    assert zoo.worst_difference(tmp_path, divide=32, seed=0) < 1e-5
    assert not list(tmp_path.iterdir())


def test_the_experiment_is_this_difference():
    (row,) = zoo.experiment(Zoo(divide=64, seed=1)).rows
    assert row.key == "zoo.max_difference" and row.value < 1e-5


def equalised(x, weight, bias):
    """A layer of Karras et al. 2018, section 4.1: a sum over every patch, scaled by He's constant."""
    side = weight.shape[-1]
    padded = np.pad(x, [(0, 0), (0, 0), (side // 2, side // 2), (side // 2, side // 2)])
    y = np.zeros((len(x), len(weight), *x.shape[2:]))
    for row, column in np.ndindex(side, side):
        patch = padded[:, :, row : row + x.shape[2], column : column + x.shape[3]]
        y += np.einsum("oc,nchw->nohw", weight[:, :, row, column], patch)
    return (y + bias[:, None, None]) * np.sqrt(2 / weight[0].size)


def normalised(x):
    """Section 4.2: every pixel's features divided by their root mean square."""
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-8)


def active(x):
    return normalised(np.where(x > 0, x, 0.2 * x))


def written_out(weights, z, alpha):
    """Images of two scales, 4 × 4 and 8 × 8, in NumPy."""

    def layer(x, name):
        return equalised(x, weights[f"{name}.module.weight"], weights[f"{name}.module.bias"])

    def doubled(x):
        return np.kron(x, np.ones((2, 2)))

    weight, bias = weights["formatLayer.module.weight"], weights["formatLayer.module.bias"]
    x = (normalised(z) @ weight.T + bias) * np.sqrt(2 / z.shape[1])
    x = normalised(np.where(x > 0, x, 0.2 * x).reshape(len(z), -1, 4, 4))
    coarse = active(layer(x, "groupScale0.0"))
    fine = active(layer(active(layer(doubled(coarse), "scaleLayers.0.0")), "scaleLayers.0.1"))
    return alpha * doubled(layer(coarse, "toRGBLayers.0")) + (1 - alpha) * layer(fine, "toRGBLayers.1")


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_the_literal_form_and_ours_are_the_arithmetic_of_the_paper(alpha):
    torch.manual_seed(0)
    generator = Generator(6, [5, 4], alpha=alpha).double()
    for parameter in generator.parameters():
        torch.nn.init.normal_(parameter)  # including biases
    weights, z = generator.state_dict(), torch.randn(3, 6, dtype=torch.float64)
    wanted = written_out({name: tensor.numpy() for name, tensor in weights.items()}, z.numpy(), alpha)
    for images in (literal_forward(weights, z, alpha), generator(z), generator.fold()(z)):
        assert np.allclose(images.detach().numpy(), wanted, rtol=0, atol=1e-10)
