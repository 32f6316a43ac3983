"""Shapes of the networks, and codes of mean 0 and variance 1 whatever their scale before."""

import numpy as np
import pytest
import torch

from latentspace.nn.models import parameter_count
from latentspace.pca.networks import ConvDecoder, ConvEncoder, DenseNetwork, ScaleFreeBatchNorm, matched_widths


@pytest.fixture
def y():
    """Numbers of unequal means and spreads, correlated, shape (50, 3)."""
    generator = torch.Generator().manual_seed(0)
    mix = torch.tensor([[1.0, 0.5, 0.0], [0.0, 2.0, 0.1], [0.0, 0.0, 0.3]])
    return torch.randn(50, 3, generator=generator) @ mix + torch.tensor([0.0, -3.0, 5.0])


@pytest.mark.parametrize(
    ("size", "widths"), [(16, [4]), (16, [4, 5, 6]), (32, [4, 5, 6, 7]), (64, [3, 4]), (128, [2, 3, 4, 5, 6, 7])]
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("code_size", [1, 2])
def test_networks_map_images_to_codes_and_back(size, widths, channels, code_size):
    encoder = ConvEncoder(size, channels, widths, code_size)
    decoder = ConvDecoder(size, channels, widths[::-1], code_size)
    images = torch.rand(2, channels, size, size)
    codes = encoder(images)
    assert codes.shape == (2, code_size)
    out = decoder(codes)
    assert out.shape == images.shape
    assert out.min() >= 0 and out.max() <= 1
    for network in (encoder, decoder):
        again = type(network)(**network.config)
        assert [p.shape for p in again.parameters()] == [p.shape for p in network.parameters()]


def test_every_pixel_counts_and_every_pixel_is_drawn():
    torch.manual_seed(0)
    images = torch.rand(1, 1, 16, 16, requires_grad=True)
    ConvEncoder(16, 1, [4, 5], 1)(images).sum().backward()
    assert (images.grad != 0).all()
    decoder = ConvDecoder(16, 1, [5, 4], 1)
    assert (decoder(torch.ones(1, 1)) != decoder(-torch.ones(1, 1))).all()


def test_rows_of_a_batch_do_not_see_each_other():
    torch.manual_seed(0)
    encoder, decoder = ConvEncoder(16, 3, [4, 5], 2), ConvDecoder(16, 3, [5, 4], 2)
    images = torch.rand(5, 3, 16, 16)
    assert torch.allclose(encoder(images)[3:4], encoder(images[3:4]), atol=1e-6)
    codes = torch.randn(5, 2)
    assert torch.allclose(decoder(codes)[3:4], decoder(codes[3:4]), atol=1e-6)


@pytest.mark.parametrize("network", [ConvEncoder, ConvDecoder])
@pytest.mark.parametrize(("size", "widths"), [(16, [4] * 4), (64, [4] * 6), (20, [4, 4]), (17, [4]), (16, [])])
def test_impossible_widths_are_refused(network, size, widths):
    with pytest.raises(ValueError, match=rf"{size} pixels cannot be halved {len(widths) + 1} times"):
        network(size, 1, widths, 1)


def test_the_readout_sees_features_of_one_size_in_every_image():
    torch.manual_seed(0)
    encoder, seen = ConvEncoder(16, 1, [4, 5], 2), []
    encoder.code.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.rand(6, 1, 16, 16) * torch.tensor([0.01, 0.1, 0.3, 1.0, 1.0, 1.0]).view(6, 1, 1, 1)
    encoder(images)
    assert torch.allclose(seen[0].square().mean(1), torch.ones(6), atol=1e-5)
    assert not torch.allclose(encoder(images[:1]), encoder(images[1:2]), atol=1e-4)


def test_a_dense_network_is_two_layers():
    torch.manual_seed(0)
    network = DenseNetwork(4, 7, 2)
    x = torch.randn(5, 4)
    hidden = x.numpy() @ network.first.weight.detach().numpy().T + network.first.bias.detach().numpy()
    hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    wanted = hidden @ network.second.weight.detach().numpy().T + network.second.bias.detach().numpy()
    assert np.allclose(network(x).detach().numpy(), wanted, atol=1e-5)
    assert network.config == {"in_size": 4, "hidden": 7, "out_size": 2}


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_one_network_of_matched_widths_has_the_parameters_of_many(times):
    widths = [16, 16, 32, 32]
    many = times * parameter_count(ConvEncoder(64, 1, widths, 1))
    one = parameter_count(ConvEncoder(64, 1, matched_widths(widths, times), times))
    assert one == pytest.approx(many, rel=0.1)


def test_a_batch_is_normalised_to_mean_0_and_variance_1(y):
    z = ScaleFreeBatchNorm(3)(y)
    assert np.allclose(z.mean(0), 0, atol=1e-5)
    assert np.allclose(z.var(0, correction=0), 1, atol=1e-5)
    assert np.allclose(np.corrcoef(z.T), np.corrcoef(y.T), atol=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1e-6, 1e-3, 1e3, 1e8])
def test_codes_do_not_depend_on_the_scale_before(y, scale):
    norm, same = ScaleFreeBatchNorm(3), ScaleFreeBatchNorm(3)
    assert torch.allclose(norm(y * scale), same(y), rtol=1e-4, atol=1e-5)
    norm.settle(y * scale)
    same.settle(y)
    assert torch.allclose(norm.eval()(y * scale), same.eval()(y), rtol=1e-4, atol=1e-5)


def test_evaluation_uses_the_statistics_of_the_whole_training_set(y):
    norm = ScaleFreeBatchNorm(3)
    norm.settle(y)
    exact = y.double().numpy()
    wanted = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    assert np.allclose(norm.eval()(y), wanted, atol=1e-5)
    assert np.allclose(norm(y[:7]), wanted[:7], atol=1e-5), "not those of the batch"
    assert torch.allclose(norm.train()(y), norm.eval()(y), atol=1e-5)


def test_training_leaves_the_statistics_of_evaluation_alone(y):
    norm = ScaleFreeBatchNorm(3)
    norm.settle(y)
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    norm.train()(y * 5 + 1)
    assert before.keys() == {"mean", "deviation"}
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
    assert list(norm.parameters()) == []


@pytest.mark.parametrize("value", [0.0, 1.0, -1e6])
def test_a_constant_column_is_refused(y, value):
    y[:, 1] = value
    norm = ScaleFreeBatchNorm(3)
    with pytest.raises(ValueError, match="constant"):
        norm.settle(y)
    assert torch.isfinite(norm(y)).all()


def test_a_column_of_nan_is_refused(y):
    y[4, 2] = float("nan")
    with pytest.raises(ValueError, match="constant"):
        ScaleFreeBatchNorm(3).settle(y)


def test_half_precision_is_normalised_in_single(y):
    z = ScaleFreeBatchNorm(3)(y.bfloat16())
    assert z.dtype == torch.float32
    assert np.allclose(z.var(0, correction=0), 1, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e2])
def test_the_gradient_is_right(scale):
    generator = torch.Generator().manual_seed(1)
    y = scale * torch.randn(6, 2, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(ScaleFreeBatchNorm(2), (y.detach().requires_grad_(),), eps=1e-6 * scale)


@pytest.mark.parametrize(("kind", "linear_in_scale"), [("leaky_relu", True), ("bounded", False)])
def test_without_biases_codes_of_the_encoder_of_the_authors_scale_with_the_image(kind, linear_in_scale):
    torch.manual_seed(0)
    encoder = ConvEncoder(16, 1, [4, 5], 2, kind=kind)
    for name, parameter in encoder.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.zeros_(parameter)
    images = torch.rand(3, 1, 16, 16)
    with torch.no_grad():
        assert torch.allclose(encoder(3 * images), 3 * encoder(images), atol=1e-5) is linear_in_scale
    assert encoder.config["kind"] == kind
