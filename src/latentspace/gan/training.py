"""Train the PCA autoencoder on neighbourhoods of a generator; save and record what comes (slides 43-44, eq. 16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from latentspace.core import distributed, models
from latentspace.core.compute import Compute
from latentspace.core.parallel import side_by_side
from latentspace.core.params import Training
from latentspace.core.stage import Stage
from latentspace.gan import generators
from latentspace.gan.neighbourhood import (
    ErrorThroughGenerator,
    LocalModel,
    Neighbourhood,
    drawn_anchors,
    read_anchors,
    sample,
    seed_of,
)
from latentspace.gan.network import FrozenGenerator
from latentspace.gan.params import Sizes, Variant
from latentspace.organise.network import DenseNetwork
from latentspace.organise.pca_autoencoder import Curve, organise

HIDDEN = 64  # width of the hidden layers: latent → 64 → 1 and, with k components, k → 64k → latent, as the authors'
LARGE = 2**30  # numbers of a set of images that is kept in a file instead of memory


@dataclass(frozen=True)
class Place:
    """A neighbourhood with its name, such as ``sigma_0.7_anchor_1``."""

    name: str
    neighbourhood: Neighbourhood


def places(variant: Variant, latent: int) -> list[Place]:
    """The neighbourhoods of a variant: every σ about every anchor."""
    if variant.anchors_file is None:
        anchors = drawn_anchors(latent, variant.anchors)
    else:
        rows = read_anchors(Path(variant.anchors_file), latent)
        if max(variant.anchors) >= len(rows):
            raise ValueError(f"{variant.anchors_file}: {len(rows)} anchors; anchors = {variant.anchors} asks for more")
        anchors = rows[variant.anchors]
    return [
        Place(f"sigma_{sigma:g}_anchor_{number}", Neighbourhood(anchor, sigma, variant.relative))
        for sigma in variant.sigmas
        for number, anchor in zip(variant.anchors, anchors, strict=True)
    ]


def runs_of(variant: Variant, latent: int, seeds: Sequence[int]) -> list[tuple[Place, int]]:
    """Every neighbourhood of a variant with every seed it is trained from."""
    return [(place, seed) for place in places(variant, latent) for seed in seeds[: variant.seeds]]


@dataclass(frozen=True)
class Job:
    """One training: a generator, a neighbourhood, a schedule, a seed."""

    generator: FrozenGenerator
    place: Place
    sizes: Sizes
    training: Training
    variant: Variant
    compute: Compute
    checkpoints: Path
    seed: int

    @property
    def name(self) -> str:
        """Name of the model's file."""
        return f"{self.place.name}_seed_{self.seed}"


def train(job: Job) -> tuple[LocalModel, Curve]:
    """Organise one neighbourhood: offsets in, offsets out, the error between the images they make (eq. 16)."""
    place, d = job.place.neighbourhood, job.generator.latent
    count = job.sizes.train_images
    file = job.checkpoints / "images.npy" if count * 3 * job.generator.size**2 > LARGE else None
    with distributed.one_before_the_others(distributed.start(job.compute.device)):
        data = sample(job.generator, place, count, seed_of(job.sizes.seed, test=False), file)
    inner, curve = organise(
        (data.offsets, data.images),
        partial(DenseNetwork, d, HIDDEN),
        lambda components: DenseNetwork(components, HIDDEN * components, d),
        job.variant,
        job.training,
        seed=job.seed,
        error=ErrorThroughGenerator(job.generator, place, data.variance),
        compute=job.compute,
        checkpoints=job.checkpoints,
        label=job.name,
    )
    return LocalModel.about(place, inner), curve


def train_and_record(
    run: Stage, sizes: Sizes, training: Training, variant: Variant, generators_folder: Path, folder: str
) -> None:
    """The body of the training stage: every neighbourhood of a variant, side by side."""
    generator = generators.frozen(generators_folder, variant).to(run.compute.dtype_of_generators)
    run.log.tags["arithmetic"] = run.compute.of_generators
    if variant.steps is not None:
        training = training.model_copy(update={"steps": variant.steps})
    jobs = [
        Job(
            generator, place, sizes, training, variant, run.compute, run.checkpoints / f"{place.name}_seed_{seed}", seed
        )
        for place, seed in runs_of(variant, generator.latent, run.seeds)
    ]
    distributed.prepare()
    trained = side_by_side(train, jobs)
    rows = []
    for job, (model, curve) in zip(jobs, trained, strict=True):
        models.save(model, run.output(folder) / f"{job.name}.safetensors")
        rows += [{"run": job.name, **row} for row in curve]
    run.curves(rows)
    last = {job.name: curve[-1]["reconstruction"] for job, (_, curve) in zip(jobs, trained, strict=True)}
    run.metrics({f"unexplained/{name}": value for name, value in last.items()})
    run.model("organised", f"{folder}/{jobs[0].name}.safetensors", jobs[0].place.neighbourhood.anchor.expand(2, -1))
    run.say("unexplained share of the last batch " + ", ".join(f"{value:.2f}" for value in last.values()))
