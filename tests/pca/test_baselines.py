"""Baselines of the PCA autoencoder: what each one computes."""

import pytest
import torch

from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.pca.baselines import BetaVAEObjective, Denormalised, LinearPCA, NestedDropoutObjective
from latentspace.pca.networks import ConvDecoder, ConvEncoder, DenseNetwork, ScaleFreeBatchNorm


@pytest.fixture(scope="module")
def images():
    spec = DataSet(kind="ellipses", image_size=16, train_images=64, test_images=8)
    return torch.from_numpy(image_set.to_batch(make.make_set(spec).train))


def test_linear_pca_is_the_best_linear_map(images):
    model = LinearPCA([1, 16, 16], 3)
    model.fit(images)
    flat = images.flatten(1).double()
    left = torch.linalg.svdvals(flat - flat.mean(0))[3:].square().sum() / flat.numel()
    error = (model.reconstruct(images).double() - images).square().mean()
    assert error.item() == pytest.approx(left.item(), rel=1e-4)
    errors = [(model.reconstruct(images, k) - images).square().mean().item() for k in (1, 2, 3)]
    assert errors == sorted(errors, reverse=True)


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
