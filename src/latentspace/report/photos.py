"""The claims of slides 45-47 on photographs; the values come from the graph in photos/."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from latentspace.gan.roles import AFFINE, PCA_AE
from latentspace.photos.params import LATENTS, STYLES
from latentspace.report.claim import Claim
from latentspace.report.gan import IMAGE_PCA, LINES, TRAINED, baselines, explained, margins

COMPONENTS = range(1, 4)
COMPUTED = {name: words for name, words in LINES.items() if name != "sefa"}  # which needs a linear first layer


def of_space(space: str, *, decided: bool) -> list[Claim]:
    """Claims on the neighbourhoods of faces in a latent space; samples are faces.

    Args:
        space: `STYLES` or `LATENTS`.
        decided: whether the margins have to be positive, as those over several faces, or are reported.
    """
    group = f"photos.{space}"
    claims = [
        *explained(group, components=COMPONENTS),
        *margins(group, lines=COMPUTED, components=COMPONENTS),
        *baselines(TRAINED | IMAGE_PCA, [f"explained_k{k}" for k in COMPONENTS], group=group),
    ]
    verdict: dict[str, Any] = {} if decided else {"relation": "reported", "target": None, "statistic": "mean"}
    return [
        replace(
            claim,
            stage="gan_photos_codes",
            trained=training(claim, space),
            metric=claim.id.removeprefix("gan.photos."),
            **verdict,
        )
        for claim in claims
    ]


def training(claim: Claim, space: str) -> tuple[str, ...]:
    """The stage that trains what a claim is about, if any."""
    method = claim.id.split(".")[3]
    return {PCA_AE: (f"gan_photos_train@{space}",), AFFINE: (f"gan_photos_train@{space}_affine",)}.get(method, ())


CLAIMS = [*of_space(STYLES, decided=True), *of_space(LATENTS, decided=False)]
