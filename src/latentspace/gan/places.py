"""Neighbourhoods of a variant, one for every σ and anchor."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from latentspace.gan.neighbourhood import Neighbourhood, drawn_anchors, read_anchors
from latentspace.gan.params import Variant
from latentspace.gan.roles import SPHERE, Prior


def places(
    variant: Variant, latent: int, prior: Prior = SPHERE, found: Float[Tensor, "anchors latent"] | None = None
) -> list[Neighbourhood]:
    """Neighbourhoods of a variant, one for every σ and anchor.

    Args:
        variant: anchors and values of σ.
        latent: length of a latent.
        prior: distribution of latents, from which anchors are drawn.
        found: the anchors, where they are latents of pictures.

    Raises:
        ValueError: naming the file of anchors, if it is wrong or has too few rows.
    """
    if found is not None:
        anchors = found
    elif variant.anchors_file is None:
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


def runs_of(variant: Variant, found: Sequence[Neighbourhood], seeds: Sequence[int]) -> list[tuple[Neighbourhood, int]]:
    """All pairs of a neighbourhood of a variant and a seed with which it is trained."""
    return [(place, seed) for place in found for seed in seeds[: variant.seeds]]
