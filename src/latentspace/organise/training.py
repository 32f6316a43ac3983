"""Train the seeds of one variant side by side, save and record them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import distributed, models
from latentspace.core.compute import Compute
from latentspace.core.fit import fit, stream
from latentspace.core.objective import Objective
from latentspace.core.parallel import side_by_side
from latentspace.core.params import Training
from latentspace.core.stage import Stage
from latentspace.organise import dataset
from latentspace.organise.baselines import (
    BetaVAEObjective,
    Denormalised,
    ErrorThrough,
    LinearPCA,
    MeanHead,
    NestedDropoutObjective,
    OrganisedLatents,
)
from latentspace.organise.network import ConvDecoder, ConvEncoder, DenseNetwork, ScaleFreeBatchNorm, matched_widths
from latentspace.organise.params import Network, PostHoc, Variant
from latentspace.organise.pca_autoencoder import (
    Curve,
    Factory,
    LatentModel,
    PCAAutoencoder,
    check,
    freeze,
    in_chunks,
    organise,
)

Images = Float[Tensor, "n channels h w"]


@dataclass(frozen=True)
class Job:
    """One training: images, a variant of the autoencoder, a schedule, a seed."""

    images: Images
    network: Network
    training: Training
    variant: Variant
    compute: Compute
    checkpoints: Path
    seed: int


def factories(job: Job) -> tuple[Factory, Factory]:
    """Encoder and decoder of the job's images, by the number of components."""
    _, channels, size, _ = job.images.shape
    widths = matched_widths(job.network.encoder_widths, job.variant.encoder_times)
    encoder = partial(ConvEncoder, size, channels, widths)
    return encoder, partial(ConvDecoder, size, channels, job.network.decoder_widths)


def train(job: Job) -> tuple[LatentModel, Curve]:
    """Train one model by its variant's method."""
    return METHODS[job.variant.method](job)


def train_pca_ae(job: Job) -> tuple[LatentModel, Curve]:
    """The PCA autoencoder; with one packet and λ = 0, the plain autoencoder."""
    return organise(
        (job.images,),
        *factories(job),
        job.variant,
        job.training,
        seed=job.seed,
        compute=job.compute,
        checkpoints=job.checkpoints,
        label=f"seed {job.seed}",
    )


def train_linear_pca(job: Job) -> tuple[LatentModel, Curve]:
    """Principal components of the pixels; no seed changes them."""
    model = LinearPCA(list(job.images.shape[1:]), sum(job.variant.packet_sizes))
    model.fit(job.images)
    return model.eval(), [{"step": 0.0, "loss": float((model.reconstruct(job.images) - job.images).square().mean())}]


def train_nested_dropout(job: Job) -> tuple[LatentModel, Curve]:
    """One encoder and one decoder of all components, ordered by nested dropout."""
    (size,) = job.variant.packet_sizes
    encoder, decoder, norm = _parts(job, size, size)
    curve = _fit(NestedDropoutObjective(encoder, decoder, norm), job)
    freeze(encoder, norm, job.images)
    model = PCAAutoencoder([encoder], [decoder], [size])
    model.norms = nn.ModuleList([norm])
    return model.eval(), curve


def train_beta_vae(job: Job) -> tuple[LatentModel, Curve]:
    """A β-VAE; its code is the mean of q(z|x), brought to variance 1."""
    (size,) = job.variant.packet_sizes
    encoder, decoder, norm = _parts(job, 2 * size, size)
    assert job.variant.beta is not None
    curve = _fit(BetaVAEObjective(encoder, decoder, job.variant.beta), job)
    head, tail = MeanHead(encoder), Denormalised(decoder, size)
    freeze(head, norm, job.images)
    tail.mean.copy_(norm.mean)
    tail.deviation.copy_(norm.deviation)
    model = PCAAutoencoder([head], [tail], [size])
    model.norms = nn.ModuleList([norm])
    return model.eval(), curve


METHODS = {
    "pca_ae": train_pca_ae,
    "linear_pca": train_linear_pca,
    "nested_dropout": train_nested_dropout,
    "beta_vae": train_beta_vae,
}


def _parts(job: Job, code_size: int, components: int) -> tuple[nn.Module, nn.Module, ScaleFreeBatchNorm]:
    check((job.images,))
    encoder, decoder = factories(job)
    torch.manual_seed(stream(job.seed, 2**31))
    return encoder(code_size), decoder(components), ScaleFreeBatchNorm(components)


def _fit(objective: Objective, job: Job) -> Curve:
    label = f"seed {job.seed}"
    return fit(
        objective,
        (job.images,),
        job.training,
        seed=stream(job.seed, 2**30),
        compute=job.compute,
        checkpoints=job.checkpoints,
        label=label,
    )


def train_and_record(
    run: Stage, data_path: str, network: Network, training: Training, variant: Variant, folder: str
) -> None:
    """The body of a training stage: train the seeds, save the models, record curves and test errors."""
    data = dataset.load(run.input(data_path))
    run.dataset(Path(data_path).stem, run.input(data_path))
    if variant.steps is not None:
        training = training.model_copy(update={"steps": variant.steps})
    images = torch.from_numpy(dataset.to_batch(data.train))
    jobs = [
        Job(images, network, training, variant, run.compute, run.checkpoints / f"seed_{seed}", seed)
        for seed in run.seeds[: variant.seeds]
    ]
    distributed.prepare()
    record(run, dict(zip([job.seed for job in jobs], side_by_side(train, jobs), strict=True)), data, folder)


def record(run: Stage, trained: dict[int, tuple[LatentModel, Curve]], data: dataset.ImageSet, folder: str) -> None:
    """Save trained models and write down what they reached."""
    test = torch.from_numpy(dataset.to_batch(data.test))
    models.save_seeds({seed: model for seed, (model, _) in trained.items()}, run.output(folder))
    run.curves([{"seed": seed, **row} for seed, (_, curve) in trained.items() for row in curve])
    errors = {seed: float((model.reconstruct(test) - test).square().mean()) for seed, (model, _) in trained.items()}
    run.metrics({f"test_mse/seed_{seed}": error for seed, error in errors.items()})
    run.model("autoencoder", f"{folder}/seed_{min(trained)}.safetensors", test[:2])
    run.say("test MSE per pixel " + ", ".join(f"{error:.2e}" for error in errors.values()))


@dataclass(frozen=True)
class PostHocJob:
    """Organise the latent space of a trained model."""

    images: Images
    base: LatentModel
    settings: PostHoc
    compute: Compute
    checkpoints: Path
    seed: int


def organise_afterwards(job: PostHocJob) -> tuple[LatentModel, Curve]:
    """A PCA autoencoder of the base's codes, its reconstruction error behind the base's decoder."""
    with torch.no_grad():
        codes = in_chunks(job.base.encode, job.images)
    d, hidden = job.base.components, job.settings.hidden
    inner, curve = organise(
        (codes, job.images),
        partial(DenseNetwork, d, hidden),
        lambda components: DenseNetwork(components, hidden, d),
        job.settings,
        job.settings.training,
        seed=job.seed,
        error=ErrorThrough(job.base),
        compute=job.compute,
        checkpoints=job.checkpoints,
        label=f"seed {job.seed}",
    )
    return OrganisedLatents(job.base, inner).eval(), curve


def organise_afterwards_and_record(
    run: Stage, data_path: str, base_folder: str, settings: PostHoc, folder: str, seeds: list[int], compute: Compute
) -> None:
    """The body of the post-hoc stage: organise the plain autoencoder of every seed."""
    data = dataset.load(run.input(data_path))
    images = torch.from_numpy(dataset.to_batch(data.train))
    bases = models.load_seeds(run.input(base_folder), seeds, LatentModel)
    jobs = [
        PostHocJob(images, base, settings, compute, run.checkpoints / f"seed_{seed}", seed)
        for seed, base in bases.items()
    ]
    distributed.prepare()
    trained = side_by_side(organise_afterwards, jobs)
    record(run, dict(zip(seeds, trained, strict=True)), data, folder)
