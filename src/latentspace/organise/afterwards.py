"""Learn first, organise afterwards (last slide): a plain autoencoder, then a PCA autoencoder of its codes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from latentspace.nn.chunks import in_chunks
from latentspace.nn.latent import DecoderOf, LatentModel
from latentspace.organise.params import Variant
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.estimator import PCAAutoencoder
from latentspace.pca.growth import Curve, append_curve
from latentspace.pca.networks import DenseNetwork
from latentspace.pca.settings import Settings
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.params import Training


def plain(variant: Variant) -> Settings:
    """Settings of the plain autoencoder that a variant organises: all components in one packet, λ = 0."""
    size = sum(variant.packet_sizes)
    return Settings(packet_sizes=[size], weight=0.0, reconstruction=variant.reconstruction, settle=variant.plain_settle)


def organise(
    base: LatentModel,
    images: Tensor,
    variant: Variant,
    training: Training,
    *,
    seed: int,
    compute: Compute,
    checkpoints: Path | None,
) -> tuple[OrganisedLatents, Curve]:
    """Train a PCA autoencoder of a trained model's codes, with the error between images, through its decoder.

    Args:
        base: the trained model.
        images: training images, shape (n, channels, size, size).
        variant: packets, λ, noise, and the width of the hidden layers of encoders and decoders.
        training: schedule of each packet.
        seed: of initial weights and batches.
        compute: device and arithmetic.
        checkpoints: folder of this training's checkpoints.

    Returns:
        The organised model, and its training curve.
    """
    with torch.no_grad():
        codes = in_chunks(base.encode, images)
    d, hidden = base.components, variant.hidden
    organised = PCAAutoencoder.of(
        variant,
        training=training,
        encoder=partial(DenseNetwork, d, hidden),
        decoder=lambda components: DenseNetwork(components, hidden, d),
        through=DecoderOf(base),
        random_state=seed,
        device=compute,
        checkpoints=checkpoints,
    ).fit(codes, images)
    return OrganisedLatents(base, organised.model_).eval(), organised.loss_curve_


def one_after_the_other(learnt: Curve, organised: Curve) -> Curve:
    """The curve of a plain autoencoder, as packet 0, and of its organisation, with consecutive steps."""
    curve = [{**row, "packet": 0.0} for row in learnt]
    append_curve(curve, organised)
    return curve
