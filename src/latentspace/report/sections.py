"""Content of the report in the order of the slides: headings, short texts, figures, and claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from latentspace.plots.naming import words
from latentspace.report.section import Section

SIZE = [
    Section(
        slides="8-12",
        title="An autoencoder of disks",
        text="One number is enough to reconstruct disks of any radius.",
        figures=("size_reconstruction/strip.png", "size_reconstruction/code_size.png"),
        claims=("size.[!h]*.test_mse", "size.[!h]*.radius_error_px"),
    ),
    Section(
        slides="13",
        title="The code is the area",
        text="An encoder that starts as averages and learns at a twentieth of the decoder's rate keeps the area as its "
        "code: the |Pearson| is {size.bias.code_area_pearson}. At the decoder's rate it is "
        "{size.equal_rate.code_area_pearson}, and the code between the third and the fourth power of the radius, "
        "as the error does not determine the code. With a contractive penalty the area is optimal.",
        figures=("size_code/code.png", "size_code/trade_off.png", "size_weights/linear_encoder.png"),
        claims=("size.*.code_area_pearson", "size.*_cosine", "size.contractive*.area_r2"),
    ),
    Section(
        slides="14-15",
        title="Without biases: one profile, scaled",
        text="A decoder without biases is homogeneous, D(λz) = λD(z), so it can only scale one image.",
        figures=("size_ablation/profiles.png", "size_ablation/signs.png"),
        claims=("size.*.homogeneity_error", "size.*.single_sign"),
    ),
    Section(
        slides="16-18",
        title="The profile is a solution of Airy's equation",
        text="The trained profile, the numerical minimum of the energy and the closed form on one axis.",
        figures=("size_airy/comparison.png", "size_theory/profile.png"),
        claims=("size.bias_free.*", "size.theory.*", "size.optimum.*"),
    ),
    Section(
        slides="19-20",
        title="With biases: scaled and thresholded; other shapes",
        text="Biases threshold the scaled profile. The same holds for digits and the corpus callosum.",
        figures=("size_primitive/primitive.png", "size_silhouette_primitives/silhouettes.png"),
        claims=("size.*.threshold_r2", "size.digits.*", "size.corpus_callosum.*"),
    ),
    Section(
        slides="(paper)",
        title="Radii excluded from training",
        text="Error of the radius, in pixels, in a gap of the training set: {size.hole.none.radius_error_px} without "
        "penalty, {size.hole.l2_encoder.radius_error_px} with one on the encoder's weights, best in the paper but not "
        "here, {size.hole.l2_both.radius_error_px} with one on all weights, {size.hole.contractive.radius_error_px} "
        "with the contractive one. Seeds differ by as much as penalties; one whose training collapses counts as others "
        "do.",
        figures=("size_hole/hole.png",),
        claims=("size.hole*",),
    ),
]

POSITION = [
    Section(
        slides="24-26",
        title="[1, 2, 1] extracts the position",
        text="A linear network of one filter and subsampling computes the position of a Dirac exactly.",
        figures=("position_theory/table.png", "position_theory/filters_2d.png"),
        claims=("position.theory.*",),
    ),
    Section(
        slides="27",
        title="The filter is learnt",
        text="Trained on labelled positions, the taps converge to [1, 2, 1]; Adam alone stalls.",
        figures=("position_encoder/taps.png", "position_encoder/stall.png"),
        claims=("position.trained*", "position.stall*"),
    ),
    Section(
        slides="28",
        title="From a position to its Dirac",
        text="Decoders trained on continuous positions generalise; those trained on one-hot positions do not.",
        figures=(
            "position_decoder/decoded.png",
            "position_decoder/errors.png",
            "position_autoencoder/codes_line.png",
        ),
        claims=("position.decoder*", "position.autoencoder*"),
    ),
    Section(
        slides="29",
        title="Max pooling loses the position",
        text="The encoder with other ways to halve the length.",
        figures=("position_ablation/errors.png", "position_ablation/max_pool.png"),
        claims=("position.*",),
    ),
]

ORGANISE = [
    Section(
        slides="39",
        title="Explorer: ellipses",
        text="Move a slider: the decoders run in this page. To the right there is more of what is named "
        "below the slider, with its correlation: one factor in the PCA autoencoder, several at once in the plain one.",
        explorers=("organise_explorer/ellipses",),
    ),
    Section(
        slides="31-39",
        title="The PCA autoencoder on ellipses",
        text="A plain autoencoder is learnt first; the PCA autoencoder then organises its codes. The components are "
        "ordered by reconstruction error, uncorrelated, and each corresponds to a factor.",
        figures=(
            "organise_codes/growth.png",
            "organise_codes/traversals.png",
            "organise_codes/correlation.png",
            "organise_codes/errors.png",
            "organise_codes/codes.png",
        ),
        claims=("organise.pca_ae.*", "organise.authors_ellipses.*"),
    ),
    Section(
        slides="36-39",
        title="What makes the axes meaningful",
        text="From the talk's algorithm to the shipped one, each step adds one thing. The covariance loss makes the "
        "components uncorrelated; noise on the code makes the first one the area.",
        figures=("organise_codes/ablation.png", "organise_sweep/lambda.png"),
        claims=(
            "organise.grown.*",
            "organise.literal*",
            "organise.no_noise*",
            "organise.no_cov.*",
            "organise.packets_ellipses.*",
        ),
    ),
    Section(
        slides="36-39, 51",
        title="Baselines on ellipses",
        text="The same measures of the baselines.",
        figures=("organise_codes/comparison.png", "organise_codes/factors.png"),
        claims=(
            "organise.plain.*",
            "organise.linear_pca.*",
            "organise.nested_dropout.*",
            "organise.beta_vae.*",
            "organise.beta_tcvae.*",
            "organise.least_volume.*",
            "organise.distance_correlation.*",
        ),
    ),
    Section(
        slides="38-39",
        title="Why the first component is the area",
        text="Without noise on the code every one-to-one function of the area serves equally well. With noise one "
        "code is best; it can be computed, is nearly the area, and trainings with noise find it.",
        figures=("organise_noise/noise.png", "organise_noise/best_codes.png"),
        claims=("organise.noise.*",),
    ),
    Section(
        slides="36",
        title="Uncorrelated is not independent",
        text="Covariance does not detect the dependence between the components of a circular factor; distance "
        "correlation does.",
        figures=("organise_circular/codes.png",),
        claims=("organise.circular.*",),
    ),
    Section(
        slides="31-39",
        title="Other images",
        text="The PCA autoencoder and linear PCA on handwritten digits and on other sets of images in params.yaml.",
        figures=("organise_set/*/traversals.png", "organise_set/*/attributes.png"),
    ),
    Section(
        slides="48, 51",
        title="Translation in packets",
        text="A factor of two dimensions needs a packet of two components.",
        figures=("organise_packets/traversals.png", "organise_packets/factors.png"),
        claims=("organise.packets.*", "organise.packets_1*"),
    ),
]

GENERATORS = [
    Section(
        slides="45-47",
        title="Explorer: avatars",
        text="A generator of heads, computed in this page, about an anchor: one slider moves along the same component "
        "of the PCA autoencoder, of straight lines trained with the same error, and of the raw axes of the latent "
        "space. To the right there is more of what is named below the slider, with its correlation.",
        explorers=("gan_explorer/avatars",),
    ),
    Section(
        slides="45-47",
        title="Explorer: faces",
        text="The same on rendered faces; the components are named by statistics of the images.",
        explorers=("gan_explorer/faces",),
    ),
    Section(
        slides="45-47",
        title="Explorer: {name}",
        text="The same on a neighbourhood of params.yaml.",
        explorers=("gan_explorer/*",),
    ),
    Section(
        slides="40-42",
        title="Directly on images: blur",
        text="Avatars from equally many components: by a decoder trained on them, by PCA of the images, and through a "
        "generator.",
        figures=("gan_direct/blur.png", "gan_generator/*/samples.png"),
        claims=("gan.direct.*", "gan.zoo.*", "gan.exported.*"),
    ),
    Section(
        slides="42-43",
        title="The latent of a picture",
        text="A search finds the latent whose image is nearest to a held-out drawn head. It can be the anchor of a "
        "neighbourhood.",
        figures=("gan_inversion/inversion.png",),
        claims=("gan.inversion.*",),
    ),
    Section(
        slides="43-47",
        title="Organised neighbourhoods of a generator",
        text="Above: axes of the latent space. Below: components of the PCA autoencoder, several of which change one "
        "attribute each.",
        figures=("gan_codes/traversals_*.png", "gan_codes/plane_*.png", "gan_codes/attributes_*.png"),
        claims=("gan.pca_ae.*", "gan.regressor.*", "gan.faces.pca_ae.*"),
    ),
    Section(
        slides="45-46",
        title="Baselines on neighbourhoods",
        text="Straight lines through the anchor: GANSpace, also with independent components, SeFa, the Jacobian, raw "
        "axes; and affine lines trained through the generator with the same error.",
        figures=("gan_codes/explained.png",),
        claims=(
            "gan.affine.*",
            "gan.no_cov.*",
            "gan.ganspace.*",
            "gan.ganspace_ica.*",
            "gan.jacobian.*",
            "gan.sefa.*",
            "gan.raw.*",
            "gan.latent_pca.*",
            "gan.image_pca.*",
            "gan.faces.*",
        ),
    ),
    Section(
        slides="45-47",
        title="Photographs",
        text="Components about a face of a 1024² generator, in its space of styles (by eye: light, the head's turn, "
        "hair) and in that of its mapping network's latents (below). In the space of styles the PCA autoencoder "
        "explains more than the best computed line by {gan.photos.styles.pca_ae.explained_margin} and than lines "
        "trained as long by {gan.photos.styles.pca_ae.margin_affine}, smallest over k, means over faces. Research use "
        "only, as that generator. Made by the graph in photos/.",
        photos=("styles.jpg", "latents.jpg"),
        claims=("gan.photos.*",),
    ),
    Section(
        slides="48, 51",
        title="From a neighbourhood to the whole latent space",
        text="As σ grows, the share that straight lines explain falls faster than that of the PCA autoencoder.",
        figures=("gan_sweep/sigma.png",),
        claims=("gan.sweep.*",),
    ),
    Section(
        slides="43-47",
        title="Neighbourhoods of other generators",
        text="The same measures on the other neighbourhoods of params.yaml.",
        claims=("gan.*",),
        optional=True,
    ),
]

CHAPTERS = {"Size": SIZE, "Position": POSITION, "Organise": ORGANISE, "Generators": GENERATORS}


def each(section: Section, explorers: Sequence[str]) -> list[Section]:
    """The section, or one for each of the `explorers` that match its pattern and that no other section shows."""
    if not any("*" in pattern for pattern in section.explorers):
        return [section]
    shown = {name for chapter in CHAPTERS.values() for other in chapter for name in other.explorers}
    names = [name for name in explorers if name not in shown]
    return [
        replace(section, title=section.title.format(name=words(name.rpartition("/")[2])), explorers=(name,))
        for name in names
    ]


def place(names: Sequence[str]) -> dict[str, Section]:
    """Sections of claims by id: the first section with a matching pattern.

    Raises:
        ValueError: naming a claim that matches no section.
    """
    sections = [section for chapter in CHAPTERS.values() for section in chapter]
    found = {}
    for name in names:
        matching = [s for s in sections if any(fnmatchcase(name, pattern) for pattern in s.claims)]
        if not matching:
            raise ValueError(f"claim {name}: it belongs to no section of the report")
        found[name] = matching[0]
    return found
