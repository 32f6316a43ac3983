"""Training of one variant of the PCA autoencoder or of a baseline, with all seeds in parallel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from latentspace.images import image_set
from latentspace.nn import distributed
from latentspace.nn.chunks import in_chunks
from latentspace.nn.fit import fit
from latentspace.nn.latent import LatentModel
from latentspace.nn.objective import Objective
from latentspace.nn.rows import ByteRows, Rows
from latentspace.nn.streams import PACKET_BATCHES, WEIGHTS, stream
from latentspace.organise.afterwards import one_after_the_other, organise, plain
from latentspace.organise.params import Variant
from latentspace.organise.trained import save_and_record
from latentspace.pca.baselines import (
    BetaTCVAEObjective,
    BetaVAEObjective,
    Denormalised,
    LinearPCA,
    MeanHead,
    NestedDropoutObjective,
)
from latentspace.pca.errors import ERRORS
from latentspace.pca.growth import Curve, Growth, check, freeze, grow
from latentspace.pca.least_volume import LeastVolumeObjective, constrain, fold
from latentspace.pca.networks import ConvDecoder, ConvEncoder, PacketAutoencoder, ScaleFreeBatchNorm, matched_widths
from latentspace.pca.settings import Network, Settings
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.workers import side_by_side


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        images: training images, shape (n, channels, size, size).
        network: channels of encoder and decoder.
        training: schedule of each packet.
        variant: method, packets, λ, penalty.
        compute: device and arithmetic.
        checkpoints: folder of this training's checkpoints.
        seed: of initial weights and batches.
    """

    images: Rows
    network: Network
    training: Training
    variant: Variant
    compute: Compute
    checkpoints: Path
    seed: int


def factories(job: Job) -> tuple[Callable[[int], ConvEncoder], Callable[[int], ConvDecoder]]:
    """Factories of encoders and decoders for the job's images, by number of components."""
    _, channels, size, _ = job.images.shape
    widths = matched_widths(job.network.encoder_widths, job.variant.encoder_times)
    encoder = partial(ConvEncoder, size, channels, widths, kind=job.variant.encoder)
    return encoder, partial(ConvDecoder, size, channels, job.network.decoder_widths)


def train(job: Job) -> tuple[LatentModel, Curve]:
    """Train one model by its variant's method; returns it with its training curve. Raises `fit.Diverged`."""
    return METHODS[job.variant.method](job)


def train_pca_ae(job: Job) -> tuple[LatentModel, Curve]:
    """PCA autoencoder; with one packet and λ = 0, the plain autoencoder."""
    return _grow(job, job.variant, job.training, job.checkpoints)


def train_afterwards(job: Job) -> tuple[LatentModel, Curve]:
    """Plain autoencoder, organised afterwards by a PCA autoencoder of its codes."""
    learning = job.training.model_copy(update={"steps": job.variant.plain_steps})
    base, learnt = _grow(job, plain(job.variant), learning, job.checkpoints / "plain")
    model, organised = organise(
        base,
        job.images,
        job.variant,
        job.training,
        seed=job.seed,
        compute=job.compute,
        checkpoints=job.checkpoints,
    )
    return model, one_after_the_other(learnt, organised)


def _grow(job: Job, settings: Settings, training: Training, checkpoints: Path) -> tuple[PacketAutoencoder, Curve]:
    encoder, decoder = factories(job)
    growth = Growth(
        encoder=encoder,
        decoder=decoder,
        error=ERRORS[settings.reconstruction](),
        settings=settings,
        training=training,
        seed=job.seed,
        compute=job.compute,
        checkpoints=checkpoints,
        label=checkpoints.name,
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
    """β-VAE or β-TCVAE, whose code is the mean of q(z|x), normalised to mean 0 and variance 1."""
    (size,) = job.variant.packet_sizes
    encoder, decoder, norm = _parts(job, 2 * size, size)
    assert job.variant.beta is not None
    objective = BetaVAEObjective if job.variant.method == "beta_vae" else BetaTCVAEObjective
    curve = _fit(objective(encoder, decoder, job.variant.beta), job)
    head, tail = MeanHead(encoder), Denormalised(decoder, size)
    freeze(head, norm, job.images)
    tail.mean.copy_(norm.mean)
    tail.deviation.copy_(norm.deviation)
    return PacketAutoencoder([head], [tail], [size], [norm]).eval(), curve


def train_least_volume(job: Job) -> tuple[LatentModel, Curve]:
    """Least volume, whose components are ordered by their standard deviations and then normalised."""
    (size,) = job.variant.packet_sizes
    encoder, decoder, norm = _parts(job, size, size)
    constrain(decoder)
    curve = _fit(LeastVolumeObjective(encoder, decoder, job.variant.weight), job)
    freeze(encoder, norm, job.images)
    fold(encoder, decoder, norm)
    return PacketAutoencoder([encoder], [decoder], [size], [norm]).eval(), curve


METHODS = {
    "pca_ae": train_pca_ae,
    "afterwards": train_afterwards,
    "linear_pca": train_linear_pca,
    "nested_dropout": train_nested_dropout,
    "beta_vae": train_beta_vae,
    "beta_tcvae": train_beta_vae,
    "least_volume": train_least_volume,
}


def _parts(job: Job, code_size: int, components: int) -> tuple[ConvEncoder, ConvDecoder, ScaleFreeBatchNorm]:
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
    own = {"steps": variant.steps, "batch_size": variant.batch_size}
    training = training.model_copy(update={name: value for name, value in own.items() if value is not None})
    images = ByteRows.of(data.train)
    jobs = [
        Job(images, network, training, variant, run.compute, run.checkpoints / f"seed_{seed}", seed)
        for seed in variant.seeds_of(run.seeds)
    ]
    distributed.prepare()
    trained = dict(zip((job.seed for job in jobs), side_by_side(train, jobs), strict=True))
    save_and_record(run, trained, data, f"models/organise/{variant.images}/{name}")
