"""A trained model whose latent space is organised afterwards."""

import pytest
import torch

from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.organise.params import PostHoc, Variant
from latentspace.organise.post_hoc import PostHocJob, organise_afterwards
from latentspace.organise.train import Job, train
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.errors import ErrorThrough
from latentspace.pca.networks import PacketAutoencoder
from latentspace.pca.settings import Network
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.params import Training

TRAINING = Training(steps=6, batch_size=16, learning_rate=0.01, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=3)


NETWORK = Network(encoder_widths=[4, 4], decoder_widths=[4, 4])


@pytest.fixture(scope="module")
def images():
    spec = DataSet(kind="ellipses", image_size=16, train_images=64, test_images=8)
    return torch.from_numpy(image_set.to_batch(make.make_set(spec).train))


def job(images, folder, **variant):
    return Job(images, NETWORK, TRAINING, Variant(images="ellipses", **variant), CPU, folder, 0)


def test_organising_afterwards_leaves_the_trained_model_as_it_is(tmp_path, images):
    base, _ = train(job(images, tmp_path / "base", packet_sizes=[3], weight=0.0))
    before = {name: value.clone() for name, value in base.state_dict().items()}
    settings = PostHoc(hidden=8, training=TRAINING)
    model, _ = organise_afterwards(PostHocJob(images, base, settings, CPU, tmp_path / "inner", 0))
    assert isinstance(model, OrganisedLatents) and isinstance(model.inner, PacketAutoencoder)
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    with torch.no_grad():
        z = model.encode(images)
        assert torch.equal(model.decode(z), base.decode(model.inner.decode(z)))
    assert not any(p.requires_grad for p in ErrorThrough(base).parameters())
