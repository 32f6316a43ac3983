"""Training of PCA autoencoders in the latent space of plain ones: learn first, organise afterwards (last slide)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.images import image_set
from latentspace.nn import distributed, models
from latentspace.nn.chunks import in_chunks
from latentspace.nn.latent import DecoderOf, LatentModel
from latentspace.organise.params import PostHoc, Variants
from latentspace.organise.selected import ELLIPSES, PLAIN, folders, load_set
from latentspace.organise.trained import save_and_record
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.estimator import PCAAutoencoder
from latentspace.pca.growth import Curve
from latentspace.pca.networks import DenseNetwork
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.workers import side_by_side


@dataclass(frozen=True)
class PostHocJob:
    """One training of a PCA autoencoder in the latent space of a trained model."""

    images: Float[Tensor, "n channels h w"]
    base: LatentModel
    settings: PostHoc
    compute: Compute
    checkpoints: Path
    seed: int


def organise_afterwards(job: PostHocJob) -> tuple[LatentModel, Curve]:
    """Train a PCA autoencoder of the base's codes, with the error between images, through the base's decoder.

    Returns:
        The organised model, and its training curve.
    """
    with torch.no_grad():
        codes = in_chunks(job.base.encode, job.images)
    d, hidden = job.base.components, job.settings.hidden
    organised = PCAAutoencoder.of(
        job.settings,
        training=job.settings.training,
        encoder=partial(DenseNetwork, d, hidden),
        decoder=lambda components: DenseNetwork(components, hidden, d),
        through=DecoderOf(job.base),
        random_state=job.seed,
        device=job.compute,
        checkpoints=job.checkpoints,
    ).fit(codes, job.images)
    return OrganisedLatents(job.base, organised.model_).eval(), organised.loss_curve_


def organise_afterwards_and_record(run: Stage, settings: PostHoc, variants: Variants) -> None:
    """Body of the post-hoc stage: organise the plain autoencoder of ellipses of every seed, if there is one."""
    folder = folders(run, variants, ELLIPSES, [PLAIN])[PLAIN]
    data = load_set(run, ELLIPSES)
    images = torch.from_numpy(image_set.to_batch(data.train))
    bases = models.load_seeds(folder, variants.root[PLAIN].seeds_of(run.seeds), LatentModel)
    jobs = [
        PostHocJob(images, base, settings, run.compute, run.checkpoints / f"seed_{seed}", seed)
        for seed, base in bases.items()
    ]
    distributed.prepare()
    trained = side_by_side(organise_afterwards, jobs)
    save_and_record(run, dict(zip(bases, trained, strict=True)), data, "models/organise_post_hoc")
