"""Deflation: components uncorrelated exactly, and the same reconstruction."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from latentspace import load
from latentspace.nn import models
from latentspace.pca.deflation import Deflation
from latentspace.pca.errors import ERRORS
from latentspace.pca.estimator import PCAAutoencoder
from latentspace.pca.growth import Growth, grow
from latentspace.pca.networks import DenseNetwork
from latentspace.pca.settings import Settings
from latentspace.pipeline.params import Training

TRAINING = Training(steps=20, batch_size=32, learning_rate=0.01, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=10)


def mixed(n=500, before=2, size=2):
    """Uncorrelated earlier codes, and new ones that depend on them and on one another; all of mean 0, variance 1."""
    rng = np.random.default_rng(0)
    free = rng.normal(size=(n, before + size))
    free = np.linalg.qr(free - free.mean(0))[0] * np.sqrt(n)
    earlier, new = free[:, :before], free[:, before:] @ np.array([[1.0, 0.5], [0.0, 1.0]]) + 0.7 * free[:, :size]
    new = (new - new.mean(0)) / new.std(0)
    return torch.from_numpy(earlier).float(), torch.from_numpy(new).float()


def correlation(z):
    return torch.corrcoef(z.double().T) - torch.eye(z.shape[1], dtype=torch.float64)


def test_codes_are_uncorrelated_and_have_variance_1():
    earlier, new = mixed()
    deflation = Deflation(2, 2)
    deflation.settle(new, earlier)
    z = torch.cat([earlier, deflation(new, earlier)], 1)
    assert correlation(torch.cat([earlier, new], 1)).abs().max() > 0.3
    assert correlation(z).abs().max() < 1e-5
    assert torch.allclose(z.square().mean(0), torch.ones(4), atol=1e-4)
    assert torch.allclose(deflation.undo(z[:, 2:], earlier), new, atol=1e-5)


def test_the_first_component_stays_as_it_is():
    _, new = mixed()
    deflation = Deflation(0, 1)
    deflation.settle(new[:, :1], new[:, :0])
    assert torch.allclose(deflation(new[:, :1], new[:, :0]), new[:, :1], atol=1e-5)


@pytest.mark.parametrize("copy", [lambda earlier: earlier[:, :1], lambda earlier: earlier.mean(1, keepdim=True)])
def test_a_component_that_repeats_earlier_ones_is_refused(copy):
    earlier, _ = mixed()
    with pytest.raises(ValueError, match="linear function of those before it"):
        Deflation(2, 1).settle(copy(earlier), earlier)


@pytest.fixture(scope="module")
def data():
    return torch.from_numpy(np.random.default_rng(1).normal(size=(400, 6)) @ np.diag([4, 3, 2, 1, 1, 1])).float()


def trained(data, before=None, **settings):
    chosen = Settings(weight=0.0, **settings)
    growth = Growth(
        partial(DenseNetwork, 6, 8), lambda k: DenseNetwork(k, 8, 6), ERRORS["mse"](), chosen, TRAINING, seed=3
    )
    return grow((data,), growth, before)[0]


@pytest.mark.parametrize("sizes", [[1, 1, 1], [1, 2], [3]])
def test_a_trained_model_is_uncorrelated_on_its_training_set_and_reconstructs_as_without(data, sizes, tmp_path):
    """The first packet of both models is the same; the reconstruction of it does not change."""
    plain, deflated = trained(data, packet_sizes=sizes), trained(data, packet_sizes=sizes, deflate=True)
    with torch.no_grad():
        z = deflated.encode(data)
        assert correlation(z).abs().max() < 1e-4
        first = sizes[0]
        a, b = (model.decode(model.encode(data)[:, :first]) for model in (plain, deflated))
        assert torch.allclose(a, b, atol=1e-4)
        models.save(deflated, tmp_path / "model.safetensors")
        again = load(tmp_path / "model.safetensors")
        assert torch.equal(again.encode(data), z) and torch.equal(again.decode(z), deflated.decode(z))


def test_packets_that_were_trained_without_stay_without(data):
    short = trained(data, packet_sizes=[1])
    longer = trained(data, before=short, packet_sizes=[1, 1], deflate=True)
    with torch.no_grad():
        assert torch.allclose(longer.encode(data)[:, :1], short.encode(data), atol=1e-6)
        assert correlation(longer.encode(data)).abs().max() < 1e-4
    assert not short.deflations and len(longer.deflations) == 2


def test_a_linear_decoder_gives_the_same_output_for_both_codes():
    """undo inverts the deflation, so the decoder sees what it was trained for."""
    earlier, new = mixed()
    decoder, deflation = nn.Linear(4, 6), Deflation(2, 2)
    deflation.settle(new, earlier)
    z = deflation(new, earlier)
    seen = torch.cat([earlier, deflation.undo(z, earlier)], 1)
    assert torch.allclose(decoder(seen), decoder(torch.cat([earlier, new], 1)), atol=1e-5)


def test_the_estimator_deflates_unless_told_otherwise(data):
    fitted = PCAAutoencoder(3, training=TRAINING, random_state=0, weight=0.0).fit(data.numpy())
    assert correlation(torch.from_numpy(fitted.transform(data.numpy()))).abs().max() < 1e-4
    other = PCAAutoencoder(3, training=TRAINING, random_state=0, weight=0.0, deflate=False).fit(data.numpy())
    assert correlation(torch.from_numpy(other.transform(data.numpy()))).abs().max() > 1e-3


def test_noise_may_differ_between_packets(data):
    """One entry per packet; the first packet is trained as with that noise alone."""
    with pytest.raises(ValueError, match="code_noise"):
        Settings(packet_sizes=[1, 1], code_noise=[0.1])
    one, two = (
        trained(data, packet_sizes=[1, 1], code_noise=0.3),
        trained(data, packet_sizes=[1, 1], code_noise=[0.3, 0.0]),
    )
    with torch.no_grad():
        assert torch.equal(one.encode(data)[:, 0], two.encode(data)[:, 0])
        assert not torch.equal(one.encode(data)[:, 1], two.encode(data)[:, 1])
