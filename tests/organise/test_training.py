"""The PCA autoencoder's rivals: what each one is, that it trains, and that its code is normalised and comes back."""

import numpy as np
import pytest
import torch

from latentspace import load
from latentspace.core.compute import CPU
from latentspace.core.params import Training
from latentspace.organise import dataset
from latentspace.organise.baselines import (
    BetaVAEObjective,
    Denormalised,
    ErrorThrough,
    LinearPCA,
    NestedDropoutObjective,
    OrganisedLatents,
)
from latentspace.organise.network import ConvDecoder, ConvEncoder, DenseNetwork, ScaleFreeBatchNorm
from latentspace.organise.params import DataSet, Network, PostHoc, Variant
from latentspace.organise.pca_autoencoder import PCAAutoencoder
from latentspace.organise.training import Job, PostHocJob, organise_afterwards, train

TRAINING = Training(steps=6, batch_size=16, learning_rate=0.01, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=3)
NETWORK = Network(encoder_widths=[4, 4], decoder_widths=[4, 4])


@pytest.fixture(scope="module")
def images():
    spec = DataSet(kind="ellipses", image_size=16, train_images=64, test_images=8)
    return torch.from_numpy(dataset.to_batch(dataset.make(spec).train))


def job(images, folder, **variant):
    return Job(images, NETWORK, TRAINING, Variant(**variant), CPU, folder, 0)


@pytest.mark.parametrize(
    "variant",
    [
        {},
        {"packet_sizes": [3], "weight": 0.0, "encoder_times": 3},
        {"penalty": "distance_correlation"},
        {"method": "nested_dropout", "packet_sizes": [3]},
        {"method": "beta_vae", "beta": 1.0, "packet_sizes": [3]},
        {"method": "linear_pca", "packet_sizes": [3]},
    ],
)
def test_every_method_gives_a_normalised_code_that_comes_back_from_disk(tmp_path, images, variant):
    model, curve = train(job(images, tmp_path / "checkpoints", **variant))
    with torch.no_grad():
        z = model.encode(images)
        assert z.shape == (64, 3)
        assert torch.allclose(z.mean(0), torch.zeros(3), atol=1e-3)
        assert torch.allclose(z.std(0), torch.ones(3), atol=0.02)
        assert [model.decode(z[:, :k]).shape for k in (1, 2, 3)] == [images.shape] * 3
    assert curve and all(np.isfinite(row["loss"]) for row in curve)
    model.save(tmp_path / "model.safetensors")
    with torch.no_grad():
        again = load(tmp_path / "model.safetensors")
        assert torch.equal(again.decode(again.encode(images)), model.decode(z))


def test_linear_pca_is_the_best_linear_map(images):
    model = LinearPCA([1, 16, 16], 3)
    model.fit(images)
    flat = images.flatten(1).double()
    left = torch.linalg.svdvals(flat - flat.mean(0))[3:].square().sum() / flat.numel()
    error = (model.reconstruct(images).double() - images).square().mean()
    assert error.item() == pytest.approx(left.item(), rel=1e-4)
    errors = [(model.reconstruct(images, k) - images).square().mean().item() for k in (1, 2, 3)]
    assert errors == sorted(errors, reverse=True)


def test_the_plain_autoencoder_has_about_the_parameters_of_three_encoders(images, tmp_path):
    def size(variant):
        model, _ = train(job(images, tmp_path / "none", **variant))
        return sum(p.numel() for p in model.encoders.parameters())

    wide = Network(encoder_widths=[16, 16], decoder_widths=[4, 4])
    three = 3 * sum(p.numel() for p in ConvEncoder(16, 1, wide.encoder_widths, 1).parameters())
    from latentspace.organise.network import matched_widths

    one = sum(p.numel() for p in ConvEncoder(16, 1, matched_widths(wide.encoder_widths, 3), 3).parameters())
    assert 0.75 < one / three < 1.25
    assert size({"packet_sizes": [3], "weight": 0.0, "encoder_times": 3}) > size({"packet_sizes": [3], "weight": 0.0})


def test_nested_dropout_passes_the_first_components_only(images):
    class Recorder(torch.nn.Module):
        def forward(self, z):
            self.z = z
            return torch.zeros(len(z), 1, 16, 16) + 0 * z.sum()

    decoder = Recorder()
    torch.manual_seed(0)
    NestedDropoutObjective(ConvEncoder(16, 1, [4], 3), decoder, ScaleFreeBatchNorm(3))(images)
    kept = (decoder.z != 0).int()
    assert (kept.diff(dim=1) <= 0).all() and (kept[:, 0] == 1).all()
    assert set(kept.sum(1).tolist()) == {1, 2, 3}


def test_the_beta_vae_loss_is_written_out(images):
    torch.manual_seed(0)
    encoder, decoder = ConvEncoder(16, 1, [4], 4), ConvDecoder(16, 1, [4], 2)
    losses = BetaVAEObjective(encoder, decoder, beta=2.0)(images)
    mean, log_variance = encoder(images).chunk(2, dim=1)
    q = torch.distributions.Normal(mean, (log_variance / 2).exp())
    p = torch.distributions.Normal(0.0, 1.0)
    divergence = torch.distributions.kl_divergence(q, p).sum(1).mean() / 256
    assert torch.allclose(losses["divergence"], divergence, rtol=1e-5)
    assert torch.allclose(losses["loss"], losses["reconstruction"] / 2 + 2 * divergence, rtol=1e-5)


def test_a_denormalised_decoder_sees_the_raw_numbers():
    inner = DenseNetwork(2, 3, 4)
    outer = Denormalised(inner, 2)
    outer.mean.copy_(torch.tensor([1.0, -2.0]))
    outer.deviation.copy_(torch.tensor([0.5, 3.0]))
    raw = torch.randn(5, 2)
    assert torch.allclose(outer((raw - outer.mean) / outer.deviation), inner(raw), atol=1e-6)


def test_organising_afterwards_leaves_the_trained_model_as_it_is(tmp_path, images):
    base, _ = train(job(images, tmp_path / "base", packet_sizes=[3], weight=0.0))
    before = {name: value.clone() for name, value in base.state_dict().items()}
    settings = PostHoc(hidden=8, training=TRAINING)
    model, _ = organise_afterwards(PostHocJob(images, base, settings, CPU, tmp_path / "inner", 0))
    assert isinstance(model, OrganisedLatents) and isinstance(model.inner, PCAAutoencoder)
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    with torch.no_grad():
        z = model.encode(images)
        assert torch.equal(model.decode(z), base.decode(model.inner.decode(z)))
    assert not any(p.requires_grad for p in ErrorThrough(base).parameters())


def test_wrong_variants_are_refused():
    with pytest.raises(ValueError, match="beta belongs to method: beta_vae"):
        Variant(beta=1.0)
    with pytest.raises(ValueError, match="trains one packet"):
        Variant(method="nested_dropout")
    with pytest.raises(ValueError, match="base and inner must be latent models"):
        OrganisedLatents(DenseNetwork(1, 1, 1), DenseNetwork(1, 1, 1))
