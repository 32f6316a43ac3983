"""Spaces of latents and of styles, the fit at 64², the generators as files."""

import runpy

import torch

from latentspace.gan.inputs import load_frozen
from latentspace.nn import models
from latentspace.photos import generator
from latentspace.photos.params import LATENTS, STYLES


def test_styles_of_normal_latents_have_the_covariance_of_truncated_styles(networks, settings):
    found = generator.spaces(networks, settings.model_copy(update={"dimensions": 5}))[STYLES]
    assert (found.latent, found.prior) == (5, "normal")
    drawn = found.styles_of(torch.randn(20_000, 5, generator=torch.Generator().manual_seed(1)))
    styles = networks.mapping(networks.latents(7, 20_000))
    torch.testing.assert_close(drawn.mean(0), styles.mean(0), rtol=0, atol=0.1)
    torch.testing.assert_close(drawn.T.cov(), 0.25 * styles.T.cov(), rtol=0.1, atol=0.1)


def test_the_first_coordinates_are_the_largest_principal_components():
    deviations = torch.tensor([1.0, 5.0, 3.0])
    styles = deviations * torch.randn(50_000, 3, generator=torch.Generator().manual_seed(0)) + 2
    mean, axes = generator.principal(styles, 2)
    torch.testing.assert_close(mean, torch.full((3,), 2.0), rtol=0, atol=0.1)
    torch.testing.assert_close(axes.abs(), torch.tensor([[0, 5.0, 0], [0, 0, 3.0]]), rtol=0, atol=0.1)


def test_styles_of_latents_are_moved_towards_the_mean(networks, settings):
    found = generator.spaces(networks, settings)[LATENTS]
    assert (found.latent, found.prior) == (networks.latent, "sphere")
    z = networks.latents(3, 2)
    half = (networks.mapping(z[:1]) - networks.mapping(z[1:])) / 2
    torch.testing.assert_close(found.styles_of(z[:1]) - found.styles_of(z[1:]), half)
    assert float((found.styles_of(0 * z) - 3).abs().max()) < 0.1


def test_the_fit_finds_what_makes_images_of_features(networks, settings):
    shortcut, quality = generator.fitted(networks, generator.spaces(networks, settings)[LATENTS], settings)
    assert quality > 50
    torch.testing.assert_close(shortcut.bias, networks.rest.bias, rtol=0, atol=0.02)


def test_generators_survive_a_file(networks, settings, tmp_path):
    for space in generator.spaces(networks, settings).values():
        models.save(generator.small(networks, networks.rest, space), tmp_path / "saved.safetensors")
        loaded, z = load_frozen(tmp_path / "saved.safetensors"), torch.randn(3, space.latent)
        assert (loaded.latent, loaded.size, loaded.prior) == (space.latent, 64, space.prior)
        torch.testing.assert_close(
            loaded(z), networks.rest(networks.features(space.styles_of(z))), rtol=1e-4, atol=1e-4
        )


def test_networks_are_read_and_cut(root, tmp_path, monkeypatch, settings):
    builders = runpy.run_path(str(root / "tests/gan/formats/test_openvino.py"))
    made = torch.Generator().manual_seed(0)
    shapes = {"linear": (8, 5), "up": (2, 1, 1, 2, 2), "depthwise": (2, 1, 1, 3, 3), "rgb": (3, 2, 3, 3)}
    weights = {name: torch.randn(shape, generator=made).numpy() for name, shape in shapes.items()}
    builders["mapping"](tmp_path / "MappingNetwork.xml", weights["linear"])
    builders["synthesis"](tmp_path / "SynthesisNetwork.xml", weights)
    read = generator.Networks(tmp_path, cut="cut")
    z = read.latents(0, 2)
    cut, images = builders["by_hand"](z, weights)
    torch.testing.assert_close(read.features(read.mapping(z)), cut)
    torch.testing.assert_close(read.synthesis(read.mapping(z)), images)
    monkeypatch.setattr(generator, "Networks", lambda folder: read)
    kept = settings.model_copy(update={"truncation": 1.0})
    torch.testing.assert_close(generator.full(tmp_path, kept)[LATENTS](z), images)


def test_the_experiment_records_the_psnr_and_draws_samples(tiny, tmp_path):
    found = generator.experiment({STYLES: tiny}, 22.5)
    assert {row.key: row.value for row in found.rows} == {"shortcut_psnr": 22.5, "styles_latent": 4.0}
    found.pictures["samples.png"].save(tmp_path / "samples.png")
