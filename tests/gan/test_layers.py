"""Layers of the progressive GAN: each against its definition."""

import pytest
import torch
import torch.nn.functional as F

from latentspace.gan.layers import SLOPE, Equalised, activate, pixel_norm, transposed_kernel


def test_upsampling_and_convolution_are_one_transposed_convolution():
    x, weight = torch.randn(2, 5, 6, 6), torch.randn(4, 5, 3, 3)
    literal = F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest"), weight, padding=1)
    ours = F.conv_transpose2d(x, transposed_kernel(weight), stride=2, padding=1)
    torch.testing.assert_close(ours, literal, rtol=0, atol=2e-5)


def test_equalised_layer_scales_weight_and_bias():
    layer = Equalised(torch.nn.Linear(8, 2))
    torch.nn.init.ones_(layer.module.bias)
    x = torch.randn(3, 8)
    torch.testing.assert_close(layer(x), layer.module(x) * (2 / 8) ** 0.5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_activation_is_leaky_relu_then_pixel_norm_with_its_gradient(layout):
    torch.manual_seed(0)
    x = torch.randn(2, 5, 3, 4, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    x.data[0, :, 0, 0] = 0
    wanted, got = pixel_norm(F.leaky_relu(x, SLOPE)), activate(x)
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-12)
    towards = torch.randn_like(x)
    towards[0, :, 0, 0] = 0  # where the feature vector is 0 the gradient is 1/√ε times this
    for a, b in zip(*(torch.autograd.grad((y * towards).sum(), x) for y in (got, wanted)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)
    moved = torch.randn(2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(activate, moved)
    with pytest.raises(RuntimeError, match="does not require grad"):
        (first,) = torch.autograd.grad(activate(moved).sum(), moved, create_graph=True)
        first.sum().backward()


def test_the_activation_in_half_precision_is_that_to_its_rounding():
    x = torch.randn(4, 96, 8, 8, generator=torch.Generator().manual_seed(0))
    wanted, got = activate(x), activate(x.bfloat16())
    assert got.dtype == torch.bfloat16
    assert (got.float() - wanted).square().mean().sqrt() < 0.004


def test_pixel_norm_scales_to_the_sphere():
    z = pixel_norm(5 * torch.randn(4, 64))
    torch.testing.assert_close(z.norm(dim=1), torch.full((4,), 8.0))
