"""The claims of slides 40-51 on generators, with their targets; values come from the stages' metrics."""

from __future__ import annotations

from latentspace.report.table import Claim

COMPONENTS = range(1, 6)
SHARE = "1 − ‖G(z̃ + η) − G(z̃ + D_k(E(η)))‖² / ‖G(z̃ + η) − mean‖² over fresh η"
RIVALS = {
    "no_cov": "λ = 0, about the first anchor only, to compare with it there",
    "ganspace": "GANSpace: image components regressed to latents",
    "jacobian": "singular vectors of the generator's Jacobian at z̃",
    "sefa": "SeFa",
    "raw": "the axes of the latent space that change the image most",
    "latent_pca": "PCA of the latents",
    "image_pca": "PCA of the images, which needs no generator",
}
SIGMAS = ("0_2", "0_4", "1", "2", "8")


def shares(prefix: str, words: str, reference: str) -> list[Claim]:
    """Share explained with k components, for every k, and the lead over the rivals."""
    return [
        *(
            Claim(f"gan.{prefix}pca_ae.explained_k{k}", "gan_codes", f"{SHARE}, {words}", "46", reference=reference)
            for k in COMPONENTS
        ),
        Claim(
            f"gan.{prefix}pca_ae.explained_margin",
            "gan_codes",
            f"explained_k of the PCA autoencoder − that of the best rival through the generator, least over k, {words}",
            "45-46",
            "",
            ">=",
            0.0,
            "min",
            "above GANSpace, SeFa, the Jacobian and the raw axes at every k",
        ),
    ]


def beside(prefix: str, measures: tuple[str, ...], names: tuple[str, ...]) -> list[Claim]:
    """The rivals' rows."""
    return [
        Claim(
            f"gan.{prefix}{name}.{measure}",
            "gan_codes",
            f"as gan.{prefix}pca_ae.{measure}; {RIVALS[name]}",
            "45",
            reference=f"beside gan.{prefix}pca_ae.{measure}",
        )
        for name in names
        for measure in measures
    ]


EXPLAINED = tuple(f"explained_k{k}" for k in COMPONENTS)
THROUGH = ("ganspace", "jacobian", "sefa", "raw", "latent_pca")

CLAIMS = [
    Claim(
        "gan.zoo.max_difference",
        "gan_zoo",
        "largest |ours − the zoo's forward pass written out| over random weights in four released shapes, two key "
        "layouts and two file formats, widths divided by 32",
        "42",
        "",
        "<=",
        1e-5,
        "max",
        "the same arithmetic",
    ),
    Claim(
        "gan.regressor.min_r2",
        "gan_regressor",
        "R² of an avatar's factor read off its picture, held-out avatars, least over the nine factors",
        "46",
        "",
        ">=",
        0.95,
        reference="so that an axis has a name",
    ),
    *shares("", "avatars, σ = 0.7", "first trial: .18 / .37 / .51 / .62 for k = 1 … 4"),
    Claim(
        "gan.pca_ae.max_correlation",
        "gan_codes",
        "largest |Pearson| between two components over fresh η, avatars",
        "44 (eq. 16)",
        "",
        "<=",
        0.05,
        reference="0",
    ),
    Claim(
        "gan.pca_ae.attribute_purity",
        "gan_codes",
        "mean over components of the best |Pearson| with one attribute of the images G(z̃ + η), avatars",
        "46",
        reference="one axis, one attribute: 1",
    ),
    Claim(
        "gan.pca_ae.shown_purity",
        "gan_codes",
        "the same with the attributes of the images that the codes decode to, which one sees along an axis",
        "46",
        reference="one axis, one attribute: 1",
    ),
    Claim(
        "gan.pca_ae.purity_margin",
        "gan_codes",
        "attribute_purity of the PCA autoencoder − that of the best rival through the generator, means over anchors",
        "45-46",
        "",
        ">=",
        0.0,
        reference="purer than every rival",
    ),
    *beside("", (*EXPLAINED, "max_correlation", "attribute_purity", "shown_purity"), ("no_cov", *THROUGH)),
    *beside("", EXPLAINED, ("image_pca",)),
    *shares("faces.", "faces, σ = 0.7", ""),
    *beside("faces.", EXPLAINED, (*THROUGH, "image_pca")),
    *(
        Claim(
            f"gan.sweep.sigma_{sigma}.{name}.explained_k{k}",
            "gan_sweep",
            f"{SHARE}, avatars, σ = {sigma.replace('_', '.')}; {name.replace('_', ' ')}",
            "48, 51",
            reference="near to the whole latent space" if sigma == "8" else "",
        )
        for sigma in SIGMAS
        for name in ("pca_ae", "ganspace", "jacobian", "image_pca")
        for k in (COMPONENTS if sigma == "0_4" else (5,))
    ),
    Claim(
        "gan.direct.sharpness_ratio",
        "gan_direct",
        "variance of the Laplacian that reconstructions keep of their originals: through the generator / straight on "
        "avatars, five components each",
        "41",
        "",
        ">=",
        2.0,
        reference="'extremely blurry'",
    ),
    Claim(
        "gan.direct.neighbourhood_sharpness_ratio",
        "gan_direct",
        "the same, straight on the images of the same neighbourhood",
        "41",
        reference="the fairer comparison",
    ),
]
