"""The PCA autoencoder directly on images: its range, sharpness, records."""

from pathlib import Path

import numpy as np
import pytest
import torch

from latentspace.gan import direct
from latentspace.gan.direct import DirectJob, high_frequency_energy, reconstructed, sharpness, train_direct
from latentspace.gan.params import Direct
from latentspace.images.labelled import without_factors
from latentspace.nn.latent import LatentModel
from latentspace.pca.settings import Network
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.measured import value_of
from latentspace.pipeline.params import Training

SCHEDULE = Training(steps=200, batch_size=16, learning_rate=0.01, warmup=0.25, betas=[0.9, 0.99], checkpoint_every=50)


def wave(cycles, size=32):
    x = torch.arange(size) / size
    plane = torch.cos(2 * np.pi * cycles * x).expand(size, size)
    return plane.float().expand(1, 3, -1, -1)


class Blur(LatentModel):
    """Keeps the mean of an image."""

    components = 1

    def encode(self, x):
        return x.mean((1, 2, 3))[:, None]

    def decode(self, z):
        return z[:, :, None, None].expand(-1, 3, 8, 8) + 0.01 * torch.eye(8)


def test_high_frequencies_are_those_above_half_the_highest():
    assert high_frequency_energy(wave(4)).item() == pytest.approx(0, abs=1e-9)
    assert high_frequency_energy(wave(12)).item() == pytest.approx(0.5, rel=1e-5)


def test_sharpness_of_the_originals_themselves_is_one_and_blur_lowers_it():
    torch.manual_seed(0)
    images = torch.rand(4, 3, 32, 32) * 2 - 1
    assert sharpness(images, images) == {"laplacian": 1.0, "high_frequency": 1.0}
    blurred = torch.nn.functional.avg_pool2d(images, 3, stride=1, padding=1)
    assert max(sharpness(blurred, images).values()) < 0.3


def test_the_experiment_compares_reconstructions_with_their_originals(organised, sizes, tmp_path):
    learnt, fresh = direct.samples(organised, sizes, 20)
    assert len(learnt.images) == 20 and len(fresh.images) == 48
    pixels = np.random.default_rng(0).integers(0, 256, (13, 8, 8, 3), dtype=np.uint8)
    drawn = direct.batch_of(without_factors(pixels))
    assert drawn.shape == (13, 3, 8, 8) and drawn.abs().max() <= 1
    sets = {"drawn": drawn, "neighbourhood": learnt.images}
    found = direct.experiment({"drawn": Blur(), "neighbourhood": Blur()}, sets, organised, drawn, fresh)
    assert value_of(found.rows, "direct", "generator_laplacian") == pytest.approx(1, abs=0.02)
    assert value_of(found.rows, "direct", "drawn_laplacian") < 0.1
    ratio = value_of(found.rows, "direct", "generator_laplacian") / value_of(found.rows, "direct", "drawn_laplacian")
    assert ratio > 10 and value_of(found.rows, "direct", "sharpness_ratio") == pytest.approx(ratio)
    names = {"direct.neighbourhood_sharpness_ratio", "direct.drawn_high_frequency", "direct.drawn_pca_laplacian"}
    assert {row.key for row in found.rows} >= names
    explained = [value_of(found.rows, "direct", f"{name}_explained") for name in ("drawn", "drawn_pca", "generator")]
    assert explained[0] < explained[1] < explained[2] == pytest.approx(1, abs=0.01), "one number, its axis, all axes"
    found.pictures["blur.png"].save(tmp_path / "blur.png")


def test_principal_components_of_known_images_reconstruct_others():
    torch.manual_seed(0)
    pictures = torch.rand(2, 48)
    known, fresh = ((torch.rand(n, 2) @ pictures).view(-1, 3, 4, 4) for n in (30, 5))
    assert torch.allclose(direct.linearly(known, fresh, 2), fresh, atol=1e-5)
    assert not torch.allclose(direct.linearly(known, fresh, 1), fresh, atol=1e-2)


def test_a_direct_model_reconstructs_in_the_images_own_range(tmp_path):
    torch.manual_seed(0)
    shade = torch.rand(64, 1, 1, 1) * 2 - 1
    images = shade.expand(64, 3, 16, 16).contiguous()
    section = Direct(
        packet_sizes=[1],
        network=Network(encoder_widths=[4, 4], decoder_widths=[4, 4]),
        training=SCHEDULE,
    )
    model = train_direct(DirectJob(images, section, CPU, Path(tmp_path), 0))
    assert (reconstructed(model, images) - images).square().mean() < 0.1 * images.var()
