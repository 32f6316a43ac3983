"""Learn first, organise afterwards (last slide): a plain autoencoder, then a PCA autoencoder of its codes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from latentspace.nn.chunks import in_chunks, variance
from latentspace.nn.latent import DecoderOf, LatentModel
from latentspace.nn.rows import Rows
from latentspace.organise.params import Variant
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.errors import ErrorThrough
from latentspace.pca.growth import Curve, Growth, append_curve, grow
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
    images: Rows,
    variant: Variant,
    training: Training,
    *,
    seed: int,
    compute: Compute,
    checkpoints: Path,
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

    Raises:
        Diverged: if a loss becomes NaN or infinite.
    """
    with torch.no_grad():
        codes = in_chunks(base.encode, images)
    d, hidden = base.components, variant.hidden
    growth = Growth(
        encoder=partial(DenseNetwork, d, hidden),
        decoder=lambda components: DenseNetwork(components, hidden, d),
        error=ErrorThrough(DecoderOf(base), variance(images)),
        settings=variant,
        training=training,
        seed=seed,
        compute=compute,
        checkpoints=checkpoints,
        label=checkpoints.name,
    )
    model, curve = grow((codes, images), growth)
    return OrganisedLatents(base, model).eval(), curve


def one_after_the_other(learnt: Curve, organised: Curve) -> Curve:
    """The curve of a plain autoencoder, as packet 0, and of its organisation, with consecutive steps."""
    curve = [{**row, "packet": 0.0} for row in learnt]
    append_curve(curve, organised)
    return curve
