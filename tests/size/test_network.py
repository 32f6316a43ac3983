"""The shape autoencoder and its penalties."""

import pytest
import torch
import torch.nn.functional as F

from latentspace.nn.layers import literal_down, literal_up
from latentspace.size.network import ShapeAutoencoder, ShapeObjective, contraction


def test_it_is_slide_9_layer_by_layer(network):
    net = network()
    x = torch.rand(5, 1, 16, 16)
    y = x
    for i, layer in enumerate(net.encoder):
        y = literal_down(y, layer.weight, layer.bias)
        y = F.leaky_relu(y, 0.2) if i < 3 else y
    assert torch.allclose(net.encode(x), y.flatten(1), atol=1e-6)
    for layer in net.decoder:
        y = F.leaky_relu(literal_up(y, layer.weight, layer.bias), 0.2)
    assert torch.allclose(net(x), y, atol=1e-5)


def test_without_biases_the_decoder_is_positively_homogeneous_and_with_them_not(network):
    z = torch.randn(8, 1)
    free, biased = network(bias=False), network()
    assert torch.allclose(free.decode(3 * z), 3 * free.decode(z), rtol=1e-4, atol=1e-6)
    assert not torch.allclose(free.decode(-z), -free.decode(z), rtol=1e-2), "negative factors are not covered by eq. 2"
    assert not torch.allclose(biased.decode(3 * z), 3 * biased.decode(z), rtol=1e-2)
    assert not [name for name, _ in free.named_parameters() if "bias" in name]


def test_the_linear_encoder_is_linear(network):
    net = network(linear_encoder=True)
    x, y = torch.rand(2, 4, 1, 16, 16)
    assert torch.allclose(net.encode(2 * x - y), 2 * net.encode(x) - net.encode(y), atol=1e-5)


def test_averaging_initialisation_starts_on_one_side_of_zero(network):
    net = network("averaging", bias=False)
    assert (net.encode(torch.rand(20, 1, 16, 16)) > 0).all()
    assert all((layer.weight >= 0).all() for layer in net.encoder)


def test_contraction_of_a_known_linear_code():
    x = torch.rand(50, 1, 4, 4, requires_grad=True)
    w = torch.randn(1, 1, 4, 4)
    z = (x * w).sum((1, 2, 3)).unsqueeze(1)
    expected = w.square().sum() / z.var()
    assert contraction(z, x).item() == pytest.approx(expected.item(), rel=1e-5)
    assert contraction(7 * z, x).item() == pytest.approx(expected.item(), rel=1e-5), "shrinking z does not fool it"


@pytest.mark.parametrize("penalty", ["contractive", "l2_encoder", "l2_both"])
def test_penalties_add_up_and_reach_the_right_layers(network, penalty):
    net = network()
    losses = ShapeObjective(net, penalty, 0.5, 0.1)(torch.rand(6, 1, 16, 16))
    assert losses["loss"].item() == pytest.approx((losses["reconstruction"] + 0.5 * losses["penalty"]).item(), rel=1e-6)
    losses["penalty"].backward()
    assert all(layer.weight.grad is not None for layer in net.encoder)
    touched = [layer.weight.grad is not None for layer in net.decoder]
    assert all(touched) if penalty == "l2_both" else not any(touched)


def test_l2_is_the_sum_of_squared_taps(network):
    net = network()
    penalty = ShapeObjective(net, "l2_encoder", 1.0, 0.1)(torch.rand(2, 1, 16, 16))["penalty"]
    expected = sum(layer.weight.square().sum().item() for layer in net.encoder)
    assert penalty.item() == pytest.approx(expected)


def test_widths_must_fit_the_image():
    with pytest.raises(ValueError, match="needs 3 widths"):
        ShapeAutoencoder(16, 1, [4, 4], [4, 4, 4], 0.2)
