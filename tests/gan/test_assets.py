"""The shipped generators: whole, small, with their provenance, and not collapsed."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from latentspace import load
from latentspace.gan.network import Generator

ASSETS = Path(__file__).parents[2] / "assets"


@pytest.mark.parametrize("name", ["avatars", "faces"])
def test_a_shipped_generator_makes_varied_images(name):
    generator = load(ASSETS / f"{name}.safetensors")
    assert isinstance(generator, Generator)
    assert (generator.size, generator.latent, generator.alpha) == (64, 64, 0.0)
    z = torch.randn(16, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        images = generator.float().fold()(z)
    assert images.shape == (16, 3, 64, 64)
    assert images.abs().max() > 0.4 and (images.abs() > 1.1).float().mean() < 0.02, "nominal range is [−1, 1]"
    assert images.var(0).mean() > 0.02, "different latents, different images"


@pytest.mark.parametrize("name", ["avatars", "faces"])
def test_a_shipped_generator_says_where_it_comes_from(name):
    facts = json.loads((ASSETS / f"{name}.json").read_text())
    assert facts["images_seen"] == sum(facts["images_seen_at_size"].values()) > 100_000
    assert len(facts["data_md5"]) == 32
    assert ("research" in facts["licence"].lower()) == (name == "faces")
    assert (ASSETS / f"{name}.safetensors").stat().st_size < 3_000_000


@pytest.mark.parametrize("name", ["avatars", "faces"])
def test_a_shipped_generator_names_its_registered_kind_and_is_stored_in_half_precision(name):
    with safe_open(ASSETS / f"{name}.safetensors", framework="pt") as stream:
        assert json.loads(stream.metadata()["latentspace"])["kind"] == "generator"
        assert {stream.get_tensor(key).dtype for key in stream.keys()} == {torch.float16}  # noqa: SIM118
