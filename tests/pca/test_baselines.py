"""Baselines of the PCA autoencoder: what each one computes."""

import pytest
import torch

from latentspace.images import image_set, make
from latentspace.images.params import DataSet
from latentspace.pca.baselines import (
    BetaTCVAEObjective,
    BetaVAEObjective,
    Denormalised,
    LinearPCA,
    NestedDropoutObjective,
    kl_divergence,
    total_correlation,
)
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


def test_information_dependence_and_marginals_sum_to_the_divergence():
    """Four Gaussians in the plane, integrated on a grid, in a batch that is the whole data set."""
    mean = torch.tensor([[1.0, 0.8], [-1.0, -0.9], [0.5, 1.2], [-0.2, -1.0]], dtype=torch.float64)
    log_variance = torch.tensor([[-1.0, -0.5], [-1.2, -1.0], [-0.4, -0.8], [-0.6, -1.4]], dtype=torch.float64)
    axis = torch.linspace(-6, 6, 601, dtype=torch.float64)
    gaussians = torch.distributions.Normal(mean[:, None], (log_variance[:, None] / 2).exp())
    each = gaussians.log_prob(axis[None, :, None]).exp()  # of an image, at a point, of a component
    joint_each = each[:, :, None, 0] * each[:, None, :, 1]
    joint, marginals = joint_each.mean(0), each.mean(0)
    product = marginals[:, None, 0] * marginals[None, :, 1]
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(axis).exp()
    step = axis[1] - axis[0]
    information = (joint_each * (joint_each / joint).log()).nansum() * step**2 / 4
    dependence = (joint * (joint / product).log()).nansum() * step**2
    to_prior = (marginals * (marginals / normal[:, None]).log()).nansum() * step
    divergence = kl_divergence(mean, log_variance).mean()
    assert (information + dependence + to_prior).item() == pytest.approx(divergence.item(), abs=1e-6)

    torch.manual_seed(0)
    images = mean.repeat(500, 1), log_variance.repeat(500, 1)
    z = images[0] + (images[1] / 2).exp() * torch.randn(2000, 2, dtype=torch.float64)
    assert total_correlation(z, *images).item() == pytest.approx(dependence.item(), abs=0.03)


def test_the_total_correlation_of_a_gaussian_is_that_of_its_correlation():
    torch.manual_seed(0)
    shared, own = torch.randn(3000, 1), torch.randn(3000, 2)
    mean = shared + own / 2  # with the noise, variance 1.5 and correlation 2 / 3
    log_variance = torch.full((3000, 2), 0.25).log()
    z = mean + torch.randn(3000, 2) / 2
    expected = -0.5 * torch.tensor(1 - (2 / 3) ** 2).log().item()
    assert total_correlation(z, mean, log_variance).item() == pytest.approx(expected, abs=0.04)


def test_the_beta_tcvae_adds_the_dependence_to_the_vae(images):
    losses = {}
    for beta in (1.0, 5.0):
        torch.manual_seed(0)
        networks = ConvEncoder(16, 1, [4], 4), ConvDecoder(16, 1, [4], 2)
        losses[beta] = BetaTCVAEObjective(*networks, beta)(images)
    torch.manual_seed(0)
    networks = ConvEncoder(16, 1, [4], 4), ConvDecoder(16, 1, [4], 2)
    assert torch.equal(losses[1.0]["loss"], BetaVAEObjective(*networks, 1.0)(images)["loss"])
    added = losses[5.0]["loss"] - losses[1.0]["loss"]
    assert added.item() == pytest.approx(4 * losses[5.0]["total_correlation"].item(), rel=1e-2)


def test_a_denormalised_decoder_sees_the_raw_numbers():
    inner = DenseNetwork(2, 3, 4)
    outer = Denormalised(inner, 2)
    outer.mean.copy_(torch.tensor([1.0, -2.0]))
    outer.deviation.copy_(torch.tensor([0.5, 3.0]))
    raw = torch.randn(5, 2)
    assert torch.allclose(outer((raw - outer.mean) / outer.deviation), inner(raw), atol=1e-6)
