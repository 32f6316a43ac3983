"""Every method trains, and its code is normalised and comes back from disk."""

import numpy as np
import pytest
import torch

from latentspace import load
from latentspace.nn import models
from latentspace.organise.train import train
from latentspace.pca.networks import ConvEncoder
from latentspace.pca.settings import Network


@pytest.mark.parametrize(
    "variant",
    [
        {},
        {"packet_sizes": [3], "weight": 0.0, "encoder_times": 3},
        {"penalty": "distance_correlation"},
        {"method": "nested_dropout", "packet_sizes": [3]},
        {"method": "beta_vae", "beta": 1.0, "packet_sizes": [3]},
        {"method": "beta_tcvae", "beta": 2.0, "packet_sizes": [3]},
        {"method": "least_volume", "weight": 0.01, "packet_sizes": [3]},
        {"method": "linear_pca", "packet_sizes": [3]},
    ],
)
def test_every_method_gives_a_normalised_code_that_comes_back_from_disk(tmp_path, images, job, variant):
    model, curve = train(job(tmp_path / "checkpoints", **variant))
    with torch.no_grad():
        z = model.encode(images)
        assert z.shape == (64, 3)
        assert torch.allclose(z.mean(0), torch.zeros(3), atol=1e-3)
        assert torch.allclose(z.std(0), torch.ones(3), atol=0.02)
        assert [model.decode(z[:, :k]).shape for k in (1, 2, 3)] == [images.shape] * 3
    assert curve and all(np.isfinite(row["loss"]) for row in curve)
    models.save(model, tmp_path / "model.safetensors")
    with torch.no_grad():
        again = load(tmp_path / "model.safetensors")
        assert torch.equal(again.decode(again.encode(images)), model.decode(z))


def test_the_plain_autoencoder_has_about_the_parameters_of_three_encoders(job, tmp_path):
    def size(variant):
        model, _ = train(job(tmp_path / "none", **variant))
        return sum(p.numel() for p in model.encoders.parameters())

    wide = Network(encoder_widths=[16, 16], decoder_widths=[4, 4])
    three = 3 * sum(p.numel() for p in ConvEncoder(16, 1, wide.encoder_widths, 1).parameters())
    from latentspace.pca.networks import matched_widths

    one = sum(p.numel() for p in ConvEncoder(16, 1, matched_widths(wide.encoder_widths, 3), 3).parameters())
    assert 0.75 < one / three < 1.25
    assert size({"packet_sizes": [3], "weight": 0.0, "encoder_times": 3}) > size({"packet_sizes": [3], "weight": 0.0})
