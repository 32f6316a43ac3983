"""The claims of slides 40-51 on generators, with their targets; the values come from the stages' metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from latentspace.gan.roles import AFFINE, AVATARS, FACES, NO_COV, PCA_AE, SWEEP, prefix
from latentspace.report.claim import Claim
from latentspace.report.generators import GENERATORS, INVERSION

COMPONENTS = range(1, 6)
EXPLAINED = tuple(f"explained_k{k}" for k in COMPONENTS)
MEASURES = (*EXPLAINED, "max_correlation", "attribute_purity", "shown_purity")
SHARE = "1 − ‖G(z̃ + η) − G(z̃ + D_k(E(η)))‖² / ‖G(z̃ + η) − mean‖² over fresh η"

LINES = {  # straight lines through the anchor
    "ganspace": "GANSpace: image components regressed to latents",
    "ganspace_ica": "GANSpace with independent components of the images (arXiv 2305.14551)",
    "jacobian": "singular vectors of the generator's Jacobian at z̃",
    "sefa": "SeFa",
    "raw": "the axes of the latent space that change the image most",
    "latent_pca": "PCA of the latents",
}
TRAINED = {AFFINE: "affine lines trained through the generator by eq. 16, from GANSpace's directions"}
NO_COVARIANCE = {NO_COV: "λ = 0, about the first three anchors only; compare it there"}
IMAGE_PCA = {"image_pca": "PCA of the images, without a generator"}

SIGMAS = {"0_2": "0.2", "2": "2", "8": "8"}
SWEPT = {
    PCA_AE: "PCA autoencoder",
    "ganspace": "GANSpace",
    "jacobian": "Jacobian",
    "image_pca": "PCA of the images",
}


def explained(group: str, *, components: Iterable[int] = COMPONENTS, reference: str = "") -> list[Claim]:
    """Claims on the share that the PCA autoencoder explains with k components; samples are anchors."""
    return [
        Claim(
            id=f"gan.{prefix(group)}{PCA_AE}.explained_k{k}",
            stage="gan_codes",
            formula=f"{SHARE}, {group}, σ = 0.7; over anchors",
            slide="46",
            reference=reference,
        )
        for k in components
    ]


def margins(group: str, *, lines: Mapping[str, str] = LINES, components: Iterable[int] = COMPONENTS) -> list[Claim]:
    """Claims on the margin of the PCA autoencoder over each rival, over the best computed line, and at every k."""
    share = "explained_k of the PCA autoencoder − that of"
    best = "the best of the straight lines that are not trained through the generator"
    rivals = {"explained_margin": best} | {f"margin_{name}": words for name, words in (TRAINED | {**lines}).items()}
    met: dict[str, Any] = {"relation": ">=", "target": 0.0, "reference": "above it with every number of components"}
    found = {name: (f"{share} {words}, smallest over k", met) for name, words in rivals.items()}
    for k in components:
        formula = f"{share} {TRAINED[AFFINE]}, k = {k}"
        found[f"margin_{AFFINE}_k{k}"] = formula, {"reference": "what bending the lines adds"}
    return [
        Claim(
            id=f"gan.{prefix(group)}{PCA_AE}.{measure}",
            stage="gan_codes",
            formula=f"{formula}, {group}, σ = 0.7; over anchors",
            slide="45-46",
            statistic="low",
            **more,
        )
        for measure, (formula, more) in found.items()
    ]


def baselines(
    methods: dict[str, str], measures: Iterable[str], *, group: str = AVATARS, trained: tuple[str, ...] | None = None
) -> list[Claim]:
    """Claims on the same measures of baselines; `methods` has their descriptions by name, `trained` their trainings."""
    ours = f"gan.{prefix(group)}{PCA_AE}"
    return [
        Claim(
            id=f"gan.{prefix(group)}{name}.{measure}",
            stage="gan_codes",
            formula=f"as {ours}.{measure}; {words}",
            slide="45",
            reference=f"compare {ours}.{measure}",
            trained=trained,
        )
        for name, words in methods.items()
        for measure in measures
    ]


CODES = [
    Claim(
        id="gan.pca_ae.max_correlation",
        stage="gan_codes",
        formula="largest |Pearson| between two components over fresh η, avatars; over anchors; refuted if the "
        "deflation, which makes it 0 on the training set, does not hold for fresh η",
        slide="44 (eq. 16)",
        relation="<=",
        target=0.05,
        statistic="max",
        reference="0",
    ),
    Claim(
        id="gan.pca_ae.attribute_purity",
        stage="gan_codes",
        formula="mean over components of the best |Pearson| with one attribute of the images G(z̃ + η), avatars; over "
        "anchors",
        slide="46",
        reference="one attribute per axis: 1",
    ),
    Claim(
        id="gan.pca_ae.shown_purity",
        stage="gan_codes",
        formula="the same with the attributes of the decoded images, which a traversal of the axis shows",
        slide="46",
        reference="one attribute per axis: 1",
    ),
    Claim(
        id="gan.pca_ae.purity_margin",
        stage="gan_codes",
        formula="attribute_purity of the PCA autoencoder − that of the purest straight lines, trained or not, means "
        "over anchors",
        slide="45-46",
        relation=">=",
        target=0.0,
        reference="purer than every straight line",
    ),
]

SWEEPS = [
    Claim(
        id=f"gan.{SWEEP}.sigma_{sigma}.{name}.explained_k{k}",
        stage="gan_sweep",
        formula=f"{SHARE}, avatars, σ = {value}; {words}",
        slide="48, 51",
        reference="nearly the whole latent space" if sigma == "8" else "",
    )
    for sigma, value in SIGMAS.items()
    for name, words in SWEPT.items()
    for k in (COMPONENTS if sigma == "0_2" else (5,))
]

RECONSTRUCTIONS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "drawn": ("directly on avatars", None),
    "drawn_pca": ("PCA of the avatars", ()),
    "neighbourhood": ("directly on images of a neighbourhood", None),
    "neighbourhood_pca": ("PCA of these images", ()),
    "generator": ("through the generator, of the same images", ("gan_train@avatars",)),
}

DIRECT = [
    Claim(
        id="gan.direct.sharpness_ratio",
        stage="gan_direct",
        formula="share of the variance of the Laplacian that reconstructions keep, through the generator over directly "
        "on avatars, five components each",
        slide="41",
        relation=">=",
        target=2.0,
        reference="'extremely blurry'",
    ),
    Claim(
        id="gan.direct.neighbourhood_sharpness_ratio",
        stage="gan_direct",
        formula="the same, directly on the images of the same neighbourhood",
        slide="41",
        reference="the fairer comparison",
    ),
    *(
        Claim(
            id=f"gan.direct.{name}_{measure}",
            stage="gan_direct",
            formula=f"{what}, {words}",
            slide="41",
            trained=trained,
        )
        for name, (words, trained) in RECONSTRUCTIONS.items()
        for measure, what in {
            "explained": "share of the variance that reconstructions from five components explain",
            "laplacian": "share of the variance of the Laplacian that they keep",
        }.items()
    ),
]

CLAIMS = [
    *GENERATORS,
    *INVERSION,
    *explained(AVATARS, reference="first trial: .18 / .37 / .51 / .62 for k = 1 … 4"),
    *margins(AVATARS),
    *CODES,
    *baselines(TRAINED, MEASURES, trained=("gan_train@avatars_affine",)),
    *baselines(NO_COVARIANCE | LINES, MEASURES),
    *baselines(IMAGE_PCA, EXPLAINED),
    *explained(FACES),
    *margins(FACES),
    *baselines(TRAINED, EXPLAINED, group=FACES, trained=("gan_train@faces_affine",)),
    *baselines(LINES | IMAGE_PCA, EXPLAINED, group=FACES),
    *SWEEPS,
    *DIRECT,
]


def own(keys: Iterable[str]) -> list[Claim]:
    """Claims without target on neighbourhoods of other generators than those of the talk.

    Args:
        keys: of the metrics of gan_codes, ``group.method.measure/…`` for a group other than the avatars.
    """
    names = [name.split(".") for name in {key.partition("/")[0] for key in keys}]
    return [_of_group(*name) for name in sorted(names, key=_order) if len(name) == 3 and name[0] != FACES]


def _order(name: list[str]) -> list[str]:
    """Key that sorts the PCA autoencoder before baselines, and numbers of components by their value."""
    *others, measure = ["" if part == PCA_AE else part for part in name]
    return [*others, re.sub(r"\d+", lambda found: found[0].zfill(2), measure)]


def _of_group(group: str, method: str, measure: str) -> Claim:
    ours, words = f"{prefix(group)}{PCA_AE}.{measure}", (TRAINED | LINES | IMAGE_PCA).get(method)
    formula = f"{SHARE}, {group}" if measure.startswith("explained_k") else f"as gan.{PCA_AE}.{measure}, {group}"
    return Claim(
        id=f"gan.{prefix(group)}{method}.{measure}",
        stage="gan_codes",
        formula=f"as gan.{ours}; {words}" if words else formula,
        slide="46",
        reference=f"compare gan.{ours}" if words else "",
    )
