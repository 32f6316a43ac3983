"""The PCA autoencoder trained directly on images, which blurs them, and through a generator (slides 40-41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.attributes import laplacian_variance, luminance
from latentspace.gan.ganspace import flat, image_pca
from latentspace.gan.local import Organised
from latentspace.gan.neighbourhood import Sample, seed_of
from latentspace.gan.params import Direct, Sizes
from latentspace.gan.rendering import render, sample
from latentspace.gan.smooth_decoder import SmoothDecoder
from latentspace.images.labelled import LabelledImages, centred
from latentspace.nn.chunks import mean_squared_difference, variance
from latentspace.nn.latent import LatentModel
from latentspace.nn.streams import stream
from latentspace.pca.estimator import PCAAutoencoder
from latentspace.pca.networks import ConvEncoder
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.measured import Findings, Measured, measured, value_of
from latentspace.pipeline.workers import side_by_side
from latentspace.plots.strips import as_shown, rows_of_images

SHOWN = 12  # images in a row of the picture
Images = Float[Tensor, "_ channels size size"]


# ---- Training --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DirectJob:
    """One training of the PCA autoencoder directly on images with values in [−1, 1]."""

    images: Float[Tensor, "n channels size size"]
    section: Direct
    compute: Compute
    checkpoints: Path
    seed: int


def train_all(
    sets: Mapping[str, Float[Tensor, "_ channels size size"]],
    section: Direct,
    compute: Compute,
    checkpoints: Path,
    seed: int,
) -> dict[str, LatentModel]:
    """Train one model per set of images, in parallel; returns the models by the names of the sets."""
    jobs = [DirectJob(images, section, compute, checkpoints / name, seed) for name, images in sets.items()]
    return dict(zip(sets, side_by_side(train_direct, jobs), strict=True))


def train_direct(job: DirectJob) -> LatentModel:
    """Train a PCA autoencoder on images without a generator (slide 41); raises `fit.Diverged`.

    The networks have the levels of the section, but not more than the images can be halved; the coarsest are left out.
    """
    (channels, size), network = job.images.shape[1:3], job.section.network
    levels = max(0, (size & -size).bit_length() - 2)
    organised = PCAAutoencoder.of(
        job.section,
        training=job.section.training,
        encoder=partial(ConvEncoder, size, channels, network.encoder_widths[:levels]),
        decoder=partial(SmoothDecoder, size, channels, network.decoder_widths[-levels - 1 :]),
        random_state=stream(job.seed, 1),
        device=job.compute,
        checkpoints=job.checkpoints,
    ).fit((job.images.float().clamp(-1, 1) + 1) / 2)
    model: LatentModel = organised.model_
    return model


def batch_of(data: LabelledImages) -> Float[Tensor, "n 3 size size"]:
    """Labelled images as a batch with values in [−1, 1]."""
    return centred(torch.from_numpy(data.images).permute(0, 3, 1, 2))


def samples(organised: Organised, sizes: Sizes, count: int) -> tuple[Sample, Sample]:
    """Training images (`count`) and test images of the first neighbourhood."""
    place = organised.first[0]
    return (
        sample(organised.generator, place, count, seed_of(sizes.seed, test=False)),
        sample(organised.generator, place, sizes.test_images, seed_of(sizes.seed, test=True)),
    )


# ---- Evaluation ------------------------------------------------------------------------------------------------------


def experiment(
    direct: Mapping[str, LatentModel],
    sets: Mapping[str, Images],
    organised: Organised,
    drawn: Images,
    fresh: Sample,
) -> Findings:
    """Explained share and sharpness of reconstructions by direct models, by PCA, and through the generator.

    Args:
        direct: models trained on ``drawn`` images and on those of the ``neighbourhood``.
        sets: the training images by the same names, in [−1, 1].
        organised: the neighbourhoods with the models that decode to latents.
        drawn: held-out drawn avatars, in [−1, 1].
        fresh: held-out latents and images of the first neighbourhood.
    """
    place, model = organised.first
    pairs = {"generator": (render(organised.generator, model.reconstruct(place.latents(fresh.offsets))), fresh.images)}
    for name, images in {"drawn": drawn, "neighbourhood": fresh.images}.items():
        pairs[name] = (reconstructed(direct[name], images), images)
        pairs[f"{name}_pca"] = (linearly(sets[name], images, direct[name].components), images)
    rows = numbers(pairs)
    return Findings(
        rows,
        {"blur.png": rows_of_images([(name, as_shown(images[:SHOWN])) for name, images in lines(pairs)])},
        summary=f"{value_of(rows, 'direct', 'sharpness_ratio'):.1f} times as sharp through the generator",
    )


def lines(pairs: Mapping[str, tuple[Images, Images]]) -> list[tuple[str, Float[Tensor, "..."]]]:
    """Rows of the picture: originals, and below them their reconstructions."""
    found = []
    for name, words in {"drawn": "drawn", "neighbourhood": "generator"}.items():
        found += [(words, pairs[name][1]), ("PCA of the images", pairs[f"{name}_pca"][0])]
        found += [("directly on images", pairs[name][0])]
    return [*found, ("through the generator", pairs["generator"][0])]


def numbers(pairs: Mapping[str, tuple[Images, Images]]) -> list[Measured]:
    """Explained shares, shares of the sharpness that are kept, and ratios of those with to those without the generator.

    Args:
        pairs: reconstructions and originals by name: ``generator``, ``drawn``, ``neighbourhood``, and others.
    """
    kept = {name: sharpness(made, originals) for name, (made, originals) in pairs.items()}
    values = {f"{name}_{kind}": value for name, by in kept.items() for kind, value in by.items()}
    for name, (made, originals) in pairs.items():
        values[f"{name}_explained"] = 1 - mean_squared_difference(made, originals) / variance(originals)
    for name, measure in (("drawn", "sharpness_ratio"), ("neighbourhood", "neighbourhood_sharpness_ratio")):
        values[measure] = kept["generator"]["laplacian"] / kept[name]["laplacian"]
    return measured("direct", values)


def reconstructed(model: LatentModel, images: Images) -> Images:
    """Reconstructions of images in [−1, 1] by a direct model, whose images are in [0, 1]."""
    return model.reconstruct((images.float().clamp(-1, 1) + 1) / 2) * 2 - 1


def linearly(known: Images, images: Images, components: int) -> Images:
    """Reconstructions of images from their first principal components, which are those of the `known` images."""
    pca = image_pca(known, components)
    made = torch.from_numpy(pca.inverse_transform(pca.transform(flat(images))))
    return made.float().view(images.shape)


def sharpness(made: Float[Tensor, "n channels h w"], originals: Float[Tensor, "n channels h w"]) -> dict[str, float]:
    """Variance of the Laplacian, and energy of high frequencies, of reconstructions as shares of the originals'."""
    made, originals = (x.float().clamp(-1, 1) for x in (made, originals))
    kinds = {"laplacian": laplacian_variance, "high_frequency": high_frequency_energy}
    return {name: float(of(made).mean() / of(originals).mean()) for name, of in kinds.items()}


def high_frequency_energy(images: Float[Tensor, "n channels h w"]) -> Float[Tensor, " n"]:
    """Energy of the luminance per pixel at frequencies above half the highest one in either direction."""
    grey = luminance(images)
    spectrum = torch.fft.fft2(grey).abs().square() / grey[0].numel() ** 2
    rows, columns = (torch.fft.fftfreq(n).abs() for n in grey.shape[1:])
    high = torch.maximum(rows[:, None], columns[None, :]) > 0.25
    return (spectrum * high).sum((1, 2))
