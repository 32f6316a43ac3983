"""Training of PCA autoencoders, and of affine lines, on neighbourhoods of a generator (slides 43-44, eq. 16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from latentspace.gan.affine import Lines
from latentspace.gan.frozen import Frozen
from latentspace.gan.ganspace import FITTED, ganspace, orthonormal
from latentspace.gan.inputs import generator_of
from latentspace.gan.invert import latents_of
from latentspace.gan.local import LocalModel
from latentspace.gan.neighbourhood import Neighbourhood, Sample, seed_of
from latentspace.gan.params import Sizes, Variant
from latentspace.gan.places import places, runs_of
from latentspace.gan.rendering import PlacedGenerator, sample
from latentspace.gan.roles import AFFINE
from latentspace.nn import distributed, models
from latentspace.pca.estimator import PCAAutoencoder
from latentspace.pca.growth import Curve, Factory
from latentspace.pca.networks import DenseNetwork
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.measured import Measured
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.workers import side_by_side

LARGE = 2**30  # numbers in a set of images, 2 GiB; larger sets are mapped from a file instead of kept in memory


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        generator: the frozen generator.
        place: the neighbourhood.
        sizes: number of images, and the seed of their latents.
        training: schedule of each packet.
        variant: method, packets, λ, penalty.
        hidden: width of the hidden layers: latent → hidden → 1 and, with k components, k → k·hidden → latent; affine
            lines have none.
        compute: device and arithmetic.
        checkpoints: folder of this training's checkpoints.
        seed: of initial weights and batches.
    """

    generator: Frozen
    place: Neighbourhood
    sizes: Sizes
    training: Training
    variant: Variant
    hidden: int
    compute: Compute
    checkpoints: Path
    seed: int

    @property
    def name(self) -> str:
        """Name of the training in its curve."""
        return f"{self.place.name}_seed_{self.seed}"


def train_and_record(
    run: Stage, sizes: Sizes, training: Training, hidden: int, variant: Variant, models_folder: str
) -> None:
    """Body of the training stage: train all neighbourhoods and seeds of a variant in parallel, save and record them."""
    generator = generator_of(run, variant).to(run.compute.dtype_of_generators)
    run.log.tags["arithmetic"] = run.compute.of_generators
    if variant.steps is not None:
        training = training.model_copy(update={"steps": variant.steps})
    compute, folder = run.compute, run.checkpoints
    around = places(variant, generator.latent, generator.prior, latents_of(generator, variant.anchors_from))
    jobs = [
        Job(generator, place, sizes, training, variant, hidden, compute, folder / f"{place.name}_seed_{seed}", seed)
        for place, seed in runs_of(variant, around, run.seeds)
    ]
    distributed.prepare()
    trained = side_by_side(train, jobs)
    for job, (model, _) in zip(jobs, trained, strict=True):
        models.save(model, run.output(models_folder) / job.place.file(job.seed))
    curves = [curve for _, curve in trained]
    run.curves([{"run": job.name, **row} for job, curve in zip(jobs, curves, strict=True) for row in curve])
    rows = unexplained(jobs, curves)
    run.metrics(rows)
    first = jobs[0].place
    example = first.anchor.expand(2, -1)
    run.model("organised", f"{models_folder}/{first.file(jobs[0].seed)}", example)
    run.say("unexplained share of the last batch " + ", ".join(f"{row.value:.2f}" for row in rows))


def unexplained(jobs: Sequence[Job], curves: Sequence[Curve]) -> list[Measured]:
    """Unexplained share of the images' variance in the last batch of every training."""
    return [
        Measured("", "unexplained", curve[-1]["reconstruction"], job.seed, job.place.name)
        for job, curve in zip(jobs, curves, strict=True)
    ]


def train(job: Job) -> tuple[LocalModel, Curve]:
    """Train the model of the offsets of one neighbourhood, with the error between images (eq. 16).

    Returns:
        The model, and its training curve.

    Raises:
        ValueError: if all images are equal, or there are more components than directions of affine lines.
        Diverged: if the loss becomes NaN or infinite.
    """
    place, count = job.place, job.sizes.train_images
    file = job.checkpoints / "images.npy" if count * 3 * job.generator.size**2 > LARGE else None
    fabric = distributed.start(job.compute.device)
    with distributed.one_before_the_others(fabric):
        data = sample(job.generator.to(fabric.device), place, count, seed_of(job.sizes.seed, test=False), file)
    encoder, decoder = factories(job, data)
    organised = PCAAutoencoder.of(
        job.variant,
        training=job.training,
        encoder=encoder,
        decoder=decoder,
        through=PlacedGenerator(job.generator, place),
        random_state=job.seed,
        device=job.compute,
        checkpoints=job.checkpoints,
    ).fit(data.offsets, data.images)
    return LocalModel.about(place, organised.model_), organised.loss_curve_


def factories(job: Job, data: Sample) -> tuple[Factory, Factory]:
    """Factories of the encoders and decoders of one training, by the method of its variant.

    They start as straight lines along GANSpace's directions. Those of a PCA autoencoder may bend; they start at random
    instead if there are restarts, or more components than directions.
    """
    d, components, straight = job.generator.latent, sum(job.variant.packet_sizes), job.variant.method == AFFINE
    if straight or job.variant.restarts == 1:
        few = Sample(data.place, data.offsets[:FITTED], data.images[:FITTED])
        columns = orthonormal(ganspace(few, components))
        if straight or columns.shape[1] >= components:
            lines = Lines(columns, components, 0 if straight else job.hidden)
            return lines.encoder, lines.decoder
    return partial(DenseNetwork, d, job.hidden), lambda k: DenseNetwork(k, job.hidden * k, d)
