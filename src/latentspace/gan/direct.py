"""The PCA autoencoder straight on images, and the blur that comes of it (slides 40-41)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.core.compute import Compute
from latentspace.core.fit import stream
from latentspace.gan.attributes import laplacian_variance, luminance
from latentspace.gan.params import Direct
from latentspace.organise.network import ConvDecoder, ConvEncoder
from latentspace.organise.pca_autoencoder import LatentModel, PCAAutoencoder, organise


@dataclass(frozen=True)
class DirectJob:
    """A PCA autoencoder straight on images with values in [−1, 1]."""

    images: Float[Tensor, "n 3 size size"]
    section: Direct
    compute: Compute
    checkpoints: Path
    seed: int


def train_direct(job: DirectJob) -> PCAAutoencoder:
    """Organise images without a generator (slide 41)."""
    size, network = job.images.shape[-1], job.section.network
    model, _ = organise(
        ((job.images.float().clamp(-1, 1) + 1) / 2,),
        partial(ConvEncoder, size, 3, network.encoder_widths),
        partial(ConvDecoder, size, 3, network.decoder_widths),
        job.section,
        job.section.training,
        seed=stream(job.seed, 1),
        compute=job.compute,
        checkpoints=job.checkpoints,
        label="direct",
    )
    return model


def reconstructed(model: LatentModel, images: Float[Tensor, "n 3 size size"]) -> Float[Tensor, "n 3 size size"]:
    """Images in [−1, 1] through a direct model, which works in [0, 1]."""
    return model.reconstruct((images.float().clamp(-1, 1) + 1) / 2) * 2 - 1


def sharpness(made: Float[Tensor, "n 3 h w"], originals: Float[Tensor, "n 3 h w"]) -> dict[str, float]:
    """What is left of the originals' sharpness, as shares: variance of the Laplacian, energy of high frequencies."""
    made, originals = (x.float().clamp(-1, 1) for x in (made, originals))
    kinds = {"laplacian": laplacian_variance, "high_frequency": high_frequency_energy}
    return {name: float(of(made).mean() / of(originals).mean()) for name, of in kinds.items()}


def high_frequency_energy(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, " n"]:
    """Energy of the luminance per pixel at frequencies above half the highest, in either direction."""
    grey = luminance(images)
    spectrum = torch.fft.fft2(grey).abs().square() / grey[0].numel() ** 2
    rows, columns = (torch.fft.fftfreq(n).abs() for n in grey.shape[1:])
    high = torch.maximum(rows[:, None], columns[None, :]) > 0.25
    return (spectrum * high).sum((1, 2))
