"""Neighbourhoods of a variant, one for every σ and anchor."""

from __future__ import annotations

from collections.abc import Sequence

from latentspace.gan.frozen import SPHERE, Prior
from latentspace.gan.neighbourhood import Neighbourhood, drawn_anchors, read_anchors
from latentspace.gan.params import Variant


def places(variant: Variant, latent: int, prior: Prior = SPHERE) -> list[Neighbourhood]:
    """Neighbourhoods of a variant, one for every σ and anchor.

    Args:
        variant: anchors and values of σ.
        latent: length of a latent.
        prior: distribution of latents, from which anchors are drawn.

    Raises:
        ValueError: naming the file of anchors, if it is wrong or has too few rows.
    """
    if variant.anchors_file is None:
        anchors = drawn_anchors(latent, variant.anchors, prior)
    else:
        rows = read_anchors(variant.anchors_file, latent, prior)
        if max(variant.anchors) >= len(rows):
            raise ValueError(f"{variant.anchors_file}: {len(rows)} anchors; anchors = {variant.anchors} asks for more")
        anchors = rows[variant.anchors]
    return [
        Neighbourhood(anchor, sigma, variant.relative, number)
        for sigma in variant.sigmas
        for number, anchor in zip(variant.anchors, anchors, strict=True)
    ]


def runs_of(
    variant: Variant, latent: int, seeds: Sequence[int], prior: Prior = SPHERE
) -> list[tuple[Neighbourhood, int]]:
    """All pairs of a neighbourhood of a variant and a seed with which it is trained."""
    return [(place, seed) for place in places(variant, latent, prior) for seed in seeds[: variant.seeds]]
