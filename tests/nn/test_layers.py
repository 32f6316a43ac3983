"""The fast layers are the literal ones: same function, same gradients."""

import pytest
import torch

from latentspace.nn.layers import DownConv, UpConv, literal_down, literal_up


@pytest.mark.parametrize(("in_", "out", "side"), [(1, 1, 1), (1, 3, 2), (4, 8, 5), (8, 1, 32)])
@pytest.mark.parametrize("bias", [True, False])
def test_up_conv_is_upsampling_then_convolution(in_, out, side, bias):
    torch.manual_seed(0)
    layer = UpConv(in_, out, bias=bias).double()
    x = torch.randn(3, in_, side, side + 1, dtype=torch.float64, requires_grad=True)
    grad = torch.randn(3, out, 2 * side, 2 * side + 2, dtype=torch.float64)
    wanted, got = literal_up(x, layer.weight, layer.bias), layer(x)
    assert (wanted - got).abs().max() < 1e-12
    inputs = [x, *layer.parameters()]
    for a, b in zip(torch.autograd.grad(wanted, inputs, grad), torch.autograd.grad(got, inputs, grad), strict=True):
        assert (a - b).abs().max() < 1e-11 * max(1, float(a.abs().max()))


@pytest.mark.parametrize(("in_", "out", "side"), [(1, 8, 64), (3, 2, 6), (2, 1, 2)])
def test_down_conv_is_convolution_then_subsampling(in_, out, side):
    torch.manual_seed(0)
    layer = DownConv(in_, out).double()
    x = torch.randn(3, in_, side, side, dtype=torch.float64, requires_grad=True)
    wanted, got = literal_down(x, layer.weight, layer.bias), layer(x)
    assert (wanted - got).abs().max() < 1e-12
    inputs = [x, *layer.parameters()]
    grad = torch.randn_like(got)
    for a, b in zip(torch.autograd.grad(wanted, inputs, grad), torch.autograd.grad(got, inputs, grad), strict=True):
        assert (a - b).abs().max() < 1e-11 * max(1, float(a.abs().max()))


def test_both_agree_in_single_precision():
    torch.manual_seed(0)
    up, down = UpConv(8, 4), DownConv(4, 8)
    x = torch.rand(2, 8, 16, 16)
    assert (up(x) - literal_up(x, up.weight, up.bias)).abs().max() < 1e-5
    y = torch.rand(2, 4, 16, 16)
    assert (down(y) - literal_down(y, down.weight, down.bias)).abs().max() < 1e-5


@pytest.mark.parametrize(("in_", "height", "width"), [(1, 1, 1), (3, 2, 5), (16, 8, 8)])
@pytest.mark.parametrize("bias", [True, False])
def test_one_channel_in_one_pass_is_the_literal_layer(in_, height, width, bias):
    torch.manual_seed(0)
    layer = UpConv(in_, 1, bias=bias)
    if layer.bias is not None:
        torch.nn.init.constant_(layer.bias, 0.5)
    for x in (torch.randn(2, in_, height, width), torch.randn(2, height, width, in_).permute(0, 3, 1, 2)):
        wanted, got = literal_up(x.requires_grad_(), layer.weight, layer.bias), layer(x)
        assert (wanted - got).abs().max() < 1e-5
        inputs, grad = [x, *layer.parameters()], torch.randn_like(got)
        for a, b in zip(torch.autograd.grad(wanted, inputs, grad), torch.autograd.grad(got, inputs, grad), strict=True):
            assert (a - b).abs().max() < 1e-4


def test_gradient_against_finite_differences():
    layer = UpConv(2, 2).double()
    x = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))
