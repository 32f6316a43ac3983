"""A trained model whose latent space is organised afterwards."""

import torch

from latentspace.organise.params import PostHoc
from latentspace.organise.post_hoc import PostHocJob, organise_afterwards
from latentspace.organise.train import train
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.errors import ErrorThrough
from latentspace.pca.networks import PacketAutoencoder
from latentspace.pipeline.compute import CPU


def test_organising_afterwards_leaves_the_trained_model_as_it_is(tmp_path, images, job):
    base, _ = train(job(tmp_path / "base", packet_sizes=[3], weight=0.0))
    before = {name: value.clone() for name, value in base.state_dict().items()}
    settings = PostHoc(hidden=8, training=job(tmp_path).training)
    model, _ = organise_afterwards(PostHocJob(images, base, settings, CPU, tmp_path / "inner", 0))
    assert isinstance(model, OrganisedLatents) and isinstance(model.inner, PacketAutoencoder)
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    with torch.no_grad():
        z = model.encode(images)
        assert torch.equal(model.decode(z), base.decode(model.inner.decode(z)))
    assert not any(p.requires_grad for p in ErrorThrough(base).parameters())
