"""A plain autoencoder whose codes are organised afterwards."""

from dataclasses import replace

import pytest
import torch

from latentspace.organise.afterwards import organise, plain
from latentspace.organise.params import Variant
from latentspace.organise.train import train
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.errors import ErrorThrough
from latentspace.pca.networks import PacketAutoencoder
from latentspace.pipeline.compute import CPU


def test_organising_afterwards_leaves_the_trained_model_as_it_is(tmp_path, images, job):
    base, _ = train(job(tmp_path / "base", packet_sizes=[3], weight=0.0))
    before = {name: value.clone() for name, value in base.state_dict().items()}
    variant, training = Variant(images="ellipses", hidden=8), job(tmp_path).training
    model, _ = organise(base, images, variant, training, seed=0, compute=CPU, checkpoints=tmp_path / "inner")
    assert isinstance(model, OrganisedLatents) and isinstance(model.inner, PacketAutoencoder)
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    with torch.no_grad():
        z = model.encode(images)
        assert torch.equal(model.decode(z), base.decode(model.inner.decode(z)))
    assert not any(p.requires_grad for p in ErrorThrough(base).parameters())


def test_the_base_is_the_plain_autoencoder_of_as_many_components(tmp_path, job):
    """Its training is that of a variant with one packet, no noise and λ = 0; the noise is of the organisation."""
    wanted = job(tmp_path / "one", method="afterwards", plain_steps=5, weight=10.0, code_noise=[0.3, 0.1, 0.1])
    model, curve = train(wanted)
    alone = replace(
        job(tmp_path / "two", packet_sizes=[3], weight=0.0), training=wanted.training.model_copy(update={"steps": 5})
    )
    base, learnt = train(alone)
    assert all(torch.equal(a, b) for a, b in zip(model.base.parameters(), base.parameters(), strict=True))
    steps = [row["step"] for row in curve]
    assert steps == sorted(set(steps)) and [row["loss"] for row in curve[: len(learnt)]] == [r["loss"] for r in learnt]
    assert {row["packet"] for row in curve} == {0.0, 1.0, 2.0, 3.0}


def test_the_plain_autoencoder_has_none_of_the_settings_of_the_organisation():
    variant = Variant(
        images="x", method="afterwards", plain_steps=5, packet_sizes=[1, 2], code_noise=0.3, settle=0.5, deflate=True
    )
    settings = plain(variant)
    assert settings.packet_sizes == [3] and settings.weight == settings.code_noise == settings.settle == 0
    assert not settings.deflate


@pytest.mark.parametrize("wrong", [{"method": "afterwards"}, {"plain_steps": 5}, {"seeds": 2, "min_seeds": 3}])
def test_keys_that_do_not_go_together_are_refused(wrong):
    with pytest.raises(ValueError, match=r"plain_steps|seeds"):
        Variant(images="x", **wrong)
