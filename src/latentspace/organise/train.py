"""Training of one variant of the PCA autoencoder or of a baseline, with all seeds in parallel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from latentspace.images import image_set
from latentspace.nn import distributed
from latentspace.nn.chunks import in_chunks
from latentspace.nn.fit import fit
from latentspace.nn.latent import LatentModel
from latentspace.nn.objective import Objective
from latentspace.nn.rows import ByteRows, Rows
from latentspace.nn.streams import PACKET_BATCHES, WEIGHTS, stream
from latentspace.organise.params import Variant
from latentspace.organise.trained import save_and_record
from latentspace.pca.baselines import BetaVAEObjective, Denormalised, LinearPCA, MeanHead, NestedDropoutObjective
from latentspace.pca.errors import ERRORS
from latentspace.pca.growth import Curve, Factory, Growth, check, freeze, grow
from latentspace.pca.networks import ConvDecoder, ConvEncoder, PacketAutoencoder, ScaleFreeBatchNorm, matched_widths
from latentspace.pca.settings import Network
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.workers import side_by_side


@dataclass(frozen=True)
class Job:
    """One training: images, network, schedule, variant, device, checkpoints, and seed."""

    images: Rows
    network: Network
    training: Training
    variant: Variant
    compute: Compute
    checkpoints: Path
    seed: int


def factories(job: Job) -> tuple[Factory, Factory]:
    """Factories of encoders and decoders for the job's images, by number of components."""
    _, channels, size, _ = job.images.shape
    widths = matched_widths(job.network.encoder_widths, job.variant.encoder_times)
    encoder = partial(ConvEncoder, size, channels, widths)
    return encoder, partial(ConvDecoder, size, channels, job.network.decoder_widths)


def train(job: Job) -> tuple[LatentModel, Curve]:
    """Train one model by its variant's method; returns it with its training curve. Raises `fit.Diverged`."""
    return METHODS[job.variant.method](job)


def train_pca_ae(job: Job) -> tuple[LatentModel, Curve]:
    """PCA autoencoder; with one packet and λ = 0, the plain autoencoder."""
    encoder, decoder = factories(job)
    growth = Growth(
        encoder=encoder,
        decoder=decoder,
        error=ERRORS[job.variant.reconstruction](),
        settings=job.variant,
        training=job.training,
        seed=job.seed,
        compute=job.compute,
        checkpoints=job.checkpoints,
        label=job.checkpoints.name,
    )
    return grow((job.images,), growth)


def train_linear_pca(job: Job) -> tuple[LatentModel, Curve]:
    """Linear PCA of the pixels, which does not depend on the seed."""
    model = LinearPCA(list(job.images.shape[1:]), sum(job.variant.packet_sizes))
    model.fit(job.images)
    errors = in_chunks(lambda part: (model.reconstruct(part) - part).square().flatten(1).mean(1), job.images)
    return model.eval(), [{"step": 0.0, "loss": float(errors.mean())}]


def train_nested_dropout(job: Job) -> tuple[LatentModel, Curve]:
    """One encoder and one decoder of all components, which nested dropout orders."""
    (size,) = job.variant.packet_sizes
    encoder, decoder, norm = _parts(job, size, size)
    curve = _fit(NestedDropoutObjective(encoder, decoder, norm), job)
    freeze(encoder, norm, job.images)
    return PacketAutoencoder([encoder], [decoder], [size], [norm]).eval(), curve


def train_beta_vae(job: Job) -> tuple[LatentModel, Curve]:
    """β-VAE, whose code is the mean of q(z|x), normalised to mean 0 and variance 1."""
    (size,) = job.variant.packet_sizes
    encoder, decoder, norm = _parts(job, 2 * size, size)
    assert job.variant.beta is not None
    curve = _fit(BetaVAEObjective(encoder, decoder, job.variant.beta), job)
    head, tail = MeanHead(encoder), Denormalised(decoder, size)
    freeze(head, norm, job.images)
    tail.mean.copy_(norm.mean)
    tail.deviation.copy_(norm.deviation)
    return PacketAutoencoder([head], [tail], [size], [norm]).eval(), curve


METHODS = {
    "pca_ae": train_pca_ae,
    "linear_pca": train_linear_pca,
    "nested_dropout": train_nested_dropout,
    "beta_vae": train_beta_vae,
}


def _parts(job: Job, code_size: int, components: int) -> tuple[nn.Module, nn.Module, ScaleFreeBatchNorm]:
    check((job.images,))
    encoder, decoder = factories(job)
    torch.manual_seed(stream(job.seed, WEIGHTS))
    return encoder(code_size), decoder(components), ScaleFreeBatchNorm(components)


def _fit(objective: Objective, job: Job) -> Curve:
    label = f"seed {job.seed}"
    return fit(
        objective,
        (job.images,),
        job.training,
        seed=stream(job.seed, PACKET_BATCHES),
        compute=job.compute,
        checkpoints=job.checkpoints,
        label=label,
    )


def train_and_record(run: Stage, name: str, network: Network, training: Training, variant: Variant) -> None:
    """Body of a training stage: train all seeds, save the models, record curves and test errors."""
    path = run.input(f"data/organise/{variant.images}.npz")
    data = image_set.load(path)
    run.dataset(variant.images, path)
    if variant.steps is not None:
        training = training.model_copy(update={"steps": variant.steps})
    images = ByteRows.of(data.train)
    jobs = [
        Job(images, network, training, variant, run.compute, run.checkpoints / f"seed_{seed}", seed)
        for seed in variant.seeds_of(run.seeds)
    ]
    distributed.prepare()
    trained = dict(zip((job.seed for job in jobs), side_by_side(train, jobs), strict=True))
    save_and_record(run, trained, data, f"models/organise/{variant.images}/{name}")
