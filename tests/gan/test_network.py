"""The generator: equal forms, the fade-in convention, growth, files."""

import pytest
import torch
import torch.nn.functional as F

import latentspace
from latentspace.gan import network, zoo, zoo_import
from latentspace.gan.inputs import load_frozen
from latentspace.gan.layers import fade
from latentspace.gan.network import Generator, load_generator
from latentspace.nn import models
from latentspace.pca.networks import DenseNetwork


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


def test_initial_images_have_unit_scale_at_every_width():
    """Equalised layers and pixel norm keep the signal's size: the reason for both."""
    torch.manual_seed(0)
    for widths in ([16, 16], [64, 32, 16, 8]):
        images = Generator(32, widths)(torch.randn(64, 32))
        assert 0.5 < float(images.detach().std()) < 3


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


@pytest.mark.parametrize("widths", [[8], [8, 6], [8, 6, 4]])
@pytest.mark.parametrize("alpha", [0.25, 1.0])
def test_a_fading_generator_is_folded_as_it_is(widths, alpha):
    fading = random_generator(6, widths, 2, alpha=alpha)
    z = torch.randn(2, 6, dtype=torch.float64)
    wanted = fading(fading.with_class(z, torch.tensor([1, 1])))
    torch.testing.assert_close(fading.fold(1)(z), wanted, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"alpha": float("nan")}, "alpha = nan must be a number from 0 to 1"),
        ({"alpha": -5}, "alpha = -5"),
        ({"alpha": 1e300}, r"alpha = 1e\+300"),
        ({"alpha": "0"}, "alpha = 0"),
        ({"alpha": True}, "alpha = True"),
        ({"classes": -3}, r"classes = -3 must be 0 … 8192"),
        ({"classes": 10**12}, "classes = 1000000000000"),
        ({"classes": 2.0}, r"classes = 2\.0"),
        ({"latent": 0}, "latent = 0 must be 1 … 8192"),
        ({"latent": 10**40}, "latent = 1000"),
        ({"widths": []}, "the number of widths = 0 must be 1 … 9"),
        ({"widths": [4] * 31}, "the number of widths = 31"),
        ({"widths": [4, 0]}, r"widths\[1\] = 0"),
        ({"widths": [4, True]}, r"widths\[1\] = True"),
        ({"channels": 2}, "channels = 2 must be 1 or 3"),
    ],
)
def test_a_config_without_sense_is_refused(change, complaint):
    config = {"latent": 4, "widths": [4, 4], "classes": 0, "channels": 3, "alpha": 0.0, **change}
    with pytest.raises(ValueError, match=complaint) as caught:
        network._check_config(**config)  # here the tests do not check the types
    assert "\n" not in str(caught.value)
    with pytest.raises((ValueError, TypeError)):
        Generator(**config)


def spoilt(generator, how):
    with torch.no_grad():
        if how == "not all finite":
            generator.groupScale0[0].module.weight[0, 0] = float("nan")
        elif how == "not finite in half precision":
            generator.toRGBLayers[-1].module.bias.fill_(1e6)
        elif how == "do not differ":
            generator.formatLayer.module.weight.zero_()
    return generator


@pytest.mark.parametrize("how", ["not all finite", "not finite in half precision", "do not differ"])
def test_weights_without_sense_are_refused_wherever_they_come_from(tmp_path, how):
    torch.manual_seed(0)
    made = spoilt(Generator(8, [6, 4]), how)
    models.save(made, tmp_path / "g.safetensors")
    zoo.write(tmp_path / "g.pth", made, old_keys=False, legacy=False)
    with pytest.raises(ValueError, match=how):
        made.check()
    for read, file in (
        (load_generator, "g.safetensors"),
        (latentspace.load, "g.safetensors"),
        (zoo_import.read, "g.pth"),
    ):
        with pytest.raises(ValueError, match=rf"{file}: not a .*{how}") as caught:
            read(tmp_path / file)
        assert "\n" not in str(caught.value)


def test_growth_keeps_the_trained_weights():
    generator = random_generator(6, [8, 6])
    before = {key: tensor.clone() for key, tensor in generator.state_dict().items()}
    generator.grow(4)
    assert generator.size == 16
    assert generator.config["widths"] == [8, 6, 4]
    for key, tensor in before.items():
        assert torch.equal(generator.state_dict()[key], tensor)


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
    images.float().sum().backward()
    assert generator.formatLayer.module.weight.grad.dtype == torch.float32


def test_saved_in_half_precision_and_loaded(tmp_path):
    generator = Generator(8, [8, 6], alpha=0.5)
    models.save(generator.half(), tmp_path / "g.safetensors")
    again = models.load(tmp_path / "g.safetensors")
    assert isinstance(again, Generator) and again.config == generator.config
    weight = again.formatLayer.module.weight
    assert weight.dtype == torch.float32 and torch.equal(weight, generator.formatLayer.module.weight.float())


def test_a_frozen_generator_of_classes_needs_one_of_them(tmp_path):
    torch.manual_seed(0)
    made, path = Generator(8, [6, 4], classes=3), tmp_path / "g.safetensors"
    models.save(made, path)
    with pytest.raises(ValueError, match=r"g\.safetensors: a generator of 3 classes; the variant needs a label"):
        load_frozen(path)
    with pytest.raises(ValueError, match="3 classes"):
        load_frozen(path, 3)
    z = torch.randn(2, 8)
    with torch.no_grad():
        wanted = load_generator(path)(torch.cat([z, torch.eye(3)[[2, 2]]], 1))
    assert torch.allclose(load_frozen(path, 2)(z), wanted, atol=1e-5)


def test_a_file_of_another_network_is_named(tmp_path):
    models.save(DenseNetwork(2, 3, 1), tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors: holds a DenseNetwork, not a generator"):
        load_generator(tmp_path / "other.safetensors")
