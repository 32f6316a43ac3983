"""The progressive GAN: equal forms, the fade-in convention, growth, and minibatch deviation."""

import pytest
import torch
import torch.nn.functional as F

from latentspace.core import models
from latentspace.gan.network import (
    SLOPE,
    Discriminator,
    Equalised,
    Generator,
    activate,
    fade,
    minibatch_deviation,
    pixel_norm,
    transposed_kernel,
)


def random_generator(*args, seed=0, **kwargs):
    torch.manual_seed(seed)
    generator = Generator(*args, **kwargs).double()
    for parameter in generator.parameters():
        torch.nn.init.normal_(parameter)
    return generator


@pytest.mark.parametrize("widths", [[8], [8, 6], [8, 8, 5, 3]])
@pytest.mark.parametrize("classes", [0, 3])
def test_folded_form_is_the_same_function(widths, classes):
    generator = random_generator(7, widths, classes)
    z = torch.randn(3, 7 + classes, dtype=torch.float64, requires_grad=True)
    images, frozen = generator(z), generator.fold()
    assert images.shape == (3, 3, 2 ** (len(widths) + 1), 2 ** (len(widths) + 1))
    torch.testing.assert_close(frozen(z), images, rtol=0, atol=1e-10)
    towards = torch.randn_like(images)
    (ours,) = torch.autograd.grad((images * towards).sum(), z)
    (folded,) = torch.autograd.grad((frozen(z) * towards).sum(), z)
    torch.testing.assert_close(folded, ours, rtol=0, atol=1e-8)
    assert not list(frozen.parameters())


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


def test_initial_images_have_unit_scale_at_every_width():
    """Equalised layers and pixel norm keep the signal's size: the reason for both."""
    torch.manual_seed(0)
    for widths in ([16, 16], [64, 32, 16, 8]):
        images = Generator(32, widths)(torch.randn(64, 32))
        assert 0.5 < float(images.detach().std()) < 3


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


def test_pixel_norm_makes_the_sphere():
    z = pixel_norm(5 * torch.randn(4, 64))
    torch.testing.assert_close(z.norm(dim=1), torch.full((4,), 8.0))


def test_alpha_zero_is_fully_grown_and_one_is_the_scale_before():
    grown = random_generator(6, [8, 6, 4])
    z = torch.randn(2, 6, dtype=torch.float64)
    small = Generator(6, [8, 6]).double()
    small.load_state_dict({k: v for k, v in grown.state_dict().items() if k in small.state_dict()})
    coarse = F.interpolate(small(z), scale_factor=2.0, mode="nearest")
    full = grown(z)
    grown.alpha = 1.0
    torch.testing.assert_close(grown(z), coarse)
    grown.alpha = 0.25
    torch.testing.assert_close(grown(z), fade(full, coarse, 0.25))
    with pytest.raises(ValueError, match=r"alpha = 0\.25"):
        grown.fold()


def test_discriminator_fades_from_the_scale_before():
    torch.manual_seed(0)
    grown = Discriminator([8, 6, 4])
    small = Discriminator([8, 6])
    small.load_state_dict({k: v for k, v in grown.state_dict().items() if k in small.state_dict()})
    images = torch.randn(4, 3, 16, 16)
    grown.alpha = 1.0
    torch.testing.assert_close(grown(images), small(F.avg_pool2d(images, 2)))


def test_growing_keeps_what_was_learnt():
    generator, judge = random_generator(6, [8, 6]), Discriminator([8, 6])
    before = {key: tensor.clone() for key, tensor in generator.state_dict().items()}
    generator.grow(4)
    judge.grow(4)
    assert generator.size == 16
    assert generator.config["widths"] == judge.config["widths"] == [8, 6, 4]
    for key, tensor in before.items():
        assert torch.equal(generator.state_dict()[key], tensor)
    assert judge(torch.randn(2, 3, 16, 16)).shape == (2,)


def test_minibatch_deviation_is_the_mean_over_groups_of_four():
    x = torch.randn(8, 3, 4, 4)
    channel = minibatch_deviation(x)[:, 3]
    for group in (slice(0, 4), slice(4, 8)):
        expected = (x[group].var(0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(channel[group], expected.expand(4, 4, 4))
    torch.testing.assert_close(minibatch_deviation(x[:3])[:, 3, 0, 0], (x[:3].var(0) + 1e-8).sqrt().mean().expand(3))
    assert not minibatch_deviation(x[:1])[:, 3].any()


def test_classes_are_appended_to_the_latent():
    generator = random_generator(4, [8], classes=3)
    z = generator.with_class(torch.zeros(2, 4), torch.tensor([2, 0]))
    assert z.tolist() == [[0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 0]]


def test_state_dict_has_the_names_of_the_zoo():
    keys = set(Generator(4, [8, 6]).state_dict())
    stems = ["formatLayer", "groupScale0.0", "scaleLayers.0.0", "scaleLayers.0.1", "toRGBLayers.0", "toRGBLayers.1"]
    assert keys == {f"{stem}.module.{last}" for stem in stems for last in ("weight", "bias")}


def test_mixed_precision_follows_the_input():
    generator = Generator(8, [8, 6])
    images = generator(torch.randn(2, 8, dtype=torch.bfloat16))
    assert images.dtype == torch.bfloat16
    scores = Discriminator([8, 6])(images)
    assert scores.dtype == torch.float32
    scores.sum().backward()
    assert generator.formatLayer.module.weight.grad.dtype == torch.float32


def test_saved_in_half_precision_and_loaded(tmp_path):
    generator = Generator(8, [8, 6], alpha=0.5)
    models.save(generator.half(), tmp_path / "g.safetensors")
    again = models.load(tmp_path / "g.safetensors")
    assert isinstance(again, Generator) and again.config == generator.config
    weight = again.formatLayer.module.weight
    assert weight.dtype == torch.float32 and torch.equal(weight, generator.formatLayer.module.weight.float())
