"""Least volume: the penalty, the bound on the decoder, and the ordinary decoder that comes out."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

from latentspace.pca.growth import freeze
from latentspace.pca.least_volume import (
    SILU_SLOPE,
    BoundedNorm,
    LeastVolumeObjective,
    constrain,
    fold,
    layers_of,
    volume,
)
from latentspace.pca.networks import ConvDecoder, ConvEncoder, ScaleFreeBatchNorm


@pytest.fixture
def decoder():
    """A decoder bound tightly, with weights far beyond the bound."""
    torch.manual_seed(0)
    made = ConvDecoder(16, 1, [4, 4], 3)
    for layer in layers_of(made):
        nn.init.normal_(layer.weight, std=10.0)
    constrain(made, lipschitz=0.5)
    with torch.no_grad():
        for _ in range(300):
            made(torch.zeros(1, 3))  # power iteration takes one step each
    return made


def singular_values(layer, x):
    """Of the linear map of a layer, from its matrix."""
    bias = layer(torch.zeros_like(x))
    columns = torch.eye(x.numel()).view(-1, *x.shape[1:])
    return torch.linalg.svdvals((layer(columns) - bias).flatten(1).detach())


def test_the_volume_is_the_geometric_mean_of_the_deviations():
    z = torch.tensor([[1.0, 4.0, 2.0], [-1.0, -4.0, -2.0]]) + 7
    assert volume(z, 0.0).item() == pytest.approx(2)
    assert volume(z, 1.0).item() == pytest.approx(30 ** (1 / 3))
    assert volume(torch.randn(100_000, 1) * 3, 0.5).item() == pytest.approx(3.5, rel=0.01)


def test_a_constant_component_has_no_gradient():
    z = torch.tensor([[1.0, 2.0], [3.0, 2.0]], requires_grad=True)
    volume(z, 1.0).backward()
    assert torch.equal(z.grad[:, 1], torch.zeros(2))
    assert z.grad[:, 0].tolist() == pytest.approx([-(2**-1.5) / 2, 2**-1.5 / 2])  # of √(σ + 1) at σ = 1


def test_the_loss_is_written_out(decoder):
    encoder, x = ConvEncoder(16, 1, [4, 4], 3), torch.rand(8, 1, 16, 16)
    losses = LeastVolumeObjective(encoder, decoder, weight=0.1, eta=0.5)(x)
    code = encoder(x)
    error = (decoder(code) - x).square().mean().item()
    size = (code.std(0, correction=0) + 0.5).prod().item() ** (1 / 3)
    assert losses["loss"].item() == pytest.approx(error + 0.1 * size, rel=1e-4)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.Linear(5, 7), torch.zeros(1, 5)),
        (nn.Conv2d(2, 3, 3, padding=1), torch.zeros(1, 2, 6, 6)),
        (nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1), torch.zeros(1, 3, 4, 4)),
    ],
)
def test_a_layer_is_scaled_down_to_its_bound_and_never_up(layer, x):
    top = singular_values(layer, x)[0].item()
    for bound, expected in ((top / 3, top / 3), (3 * top, top)):
        parametrize.register_parametrization(layer, "weight", BoundedNorm(layer, x, bound))
        for _ in range(500):
            layer(x)
        assert singular_values(layer.eval(), x)[0].item() == pytest.approx(expected, rel=1e-3)
        parametrize.remove_parametrizations(layer.train(), "weight", leave_parametrized=False)


def test_the_decoder_stretches_no_distance_beyond_its_bound(decoder):
    z = torch.linspace(-10, 10, 1001)
    slopes = torch.autograd.grad(F.silu(z.requires_grad_()).sum(), z)[0]
    assert 1 / 1.001 < slopes.max() / SILU_SLOPE < 1
    decoder.eval()
    product = 0.25 * SILU_SLOPE**2 / 16  # the slopes of two SiLUs and the sigmoid; root mean square of 16 × 16 pixels
    for layer, x in zip(
        layers_of(decoder), (torch.zeros(1, 3), torch.zeros(1, 4, 2, 2), torch.zeros(1, 4, 4, 4)), strict=True
    ):
        product *= singular_values(layer, x)[0].item()
    assert product == pytest.approx(0.5, rel=1e-3)
    a, b = 5 * torch.randn(2, 200, 3)
    stretched = (decoder(a) - decoder(b)).square().flatten(1).mean(1).sqrt() / (a - b).norm(dim=1)
    assert stretched.max() <= 0.5


def test_folding_changes_nothing_but_the_order_and_the_unit_of_the_components(decoder):
    encoder, norm, x = ConvEncoder(16, 1, [4, 4], 3), ScaleFreeBatchNorm(3), torch.rand(8, 1, 16, 16)
    with torch.no_grad():
        encoder.code.weight *= torch.tensor([[2.0], [0.5], [8.0]])
    freeze(encoder, norm, x)
    with torch.no_grad():
        code = encoder(x)
        before = decoder.eval()(code)
        fold(encoder, decoder, norm)
        order = code.std(0).argsort(descending=True)
        assert not torch.equal(order, torch.arange(3))
        assert torch.equal(encoder(x), code[:, order])
        assert torch.allclose(decoder(norm(encoder(x))), before, atol=1e-6)
    assert type(decoder) is ConvDecoder
    assert set(decoder.state_dict()) == set(ConvDecoder(16, 1, [4, 4], 3).state_dict())
