"""Operations in one pass over memory, beside their references in torch."""

import warnings

import pytest
import torch
import torch.nn.functional as F

from latentspace.gan import layers
from latentspace.gan.layers import SLOPE, activate, pixel_norm
from latentspace.gan.network import FrozenGenerator, Generator
from latentspace.nn import fused
from latentspace.nn.layers import UpConv
from latentspace.pca.networks import ConvDecoder, tanh

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def gradients(function, x, towards):
    y = function(x)
    return y, *torch.autograd.grad((y * towards).sum(), x)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 5, 3, 4), (3, 96, 4, 4), (2, 16, 32, 32)])
def test_activation_and_pixel_norm_are_those_written_out(shape, layout):
    torch.manual_seed(0)
    x = torch.randn(shape).contiguous(memory_format=layout).requires_grad_()
    towards = torch.randn(shape)
    assert fused.supports(x)
    ours = gradients(activate, x, towards)
    exact = x.detach().double().requires_grad_()
    wanted = gradients(lambda x: pixel_norm(F.leaky_relu(x, SLOPE)), exact, towards)
    for got, exact_value in zip(ours, wanted, strict=True):
        torch.testing.assert_close(got.double(), exact_value, rtol=1e-5, atol=1e-5)


def test_a_pixel_of_zeros_stays_zero():
    x = torch.zeros(1, 4, 2, 2, requires_grad=True)
    assert not activate(x).any()


def test_without_numba_the_reference_serves(monkeypatch):
    x = torch.randn(2, 8, 4, 4, requires_grad=True)
    z, target = torch.randn(2, 1), torch.rand(2, 1, 16, 16)
    decoder = ConvDecoder(16, 1, [4, 4], 1)
    with_numba = [*gradients(activate, x, torch.ones_like(x)), decoder.error(z, target, "mse")]
    monkeypatch.setattr(fused, "find_spec", lambda name: None)
    without = [*gradients(activate, x, torch.ones_like(x)), decoder.error(z, target, "mse")]
    assert layers.activate(x).grad_fn.name() == "LeakyPixelNormBackward"
    for a, b in zip(with_numba, without, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["mse", "bce"])
@pytest.mark.parametrize(("channels", "size"), [(1, 16), (3, 32)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_error_of_blocks_is_that_of_the_images(kind, channels, size, layout):
    torch.manual_seed(0)
    decoder = ConvDecoder(size, channels, [6, 5], 2)
    z, target = 3 * torch.randn(4, 2), torch.rand(4, channels, size, size).contiguous(memory_format=layout)
    ours = decoder.error(z, target, kind)
    literal = {"mse": F.mse_loss, "bce": F.binary_cross_entropy}[kind](decoder(z), target)
    assert ours.item() == pytest.approx(literal.item(), rel=1e-5)
    weights = list(decoder.parameters())
    for a, b in zip(*(torch.autograd.grad(2 * loss, weights) for loss in (ours, literal)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("network", [UpConv(4, 1), ConvDecoder(16, 1, [4, 4], 3), Generator(8, [6, 4]).fold()])
def test_a_network_can_be_exported(network):
    inputs = {UpConv: (2, 4, 8, 8), ConvDecoder: (2, 3), FrozenGenerator: (2, 8)}
    x = torch.randn(inputs[type(network)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of its exporter
        exported = torch.export.export(network, (x,)).module()
    torch.testing.assert_close(exported(x), network(x), rtol=1e-4, atol=1e-5)


def test_other_types_take_the_reference():
    decoder = ConvDecoder(16, 1, [4, 4], 1).double()
    z, target = torch.randn(2, 1, dtype=torch.float64), torch.rand(2, 1, 16, 16, dtype=torch.float64)
    for kind, literal in (("mse", F.mse_loss), ("bce", F.binary_cross_entropy)):
        torch.testing.assert_close(decoder.error(z, target, kind), literal(decoder(z), target))


def test_tanh_is_tanh():
    x = torch.linspace(-12, 12, 2001, requires_grad=True)
    assert (tanh(x) - torch.tanh(x)).abs().max() < 2e-7
    (slope,) = torch.autograd.grad(tanh(x).sum(), x)
    assert (slope - (1 - torch.tanh(x.detach()).square())).abs().max() < 5e-7
    assert torch.autograd.gradcheck(tanh, torch.randn(3, dtype=torch.float64, requires_grad=True))
