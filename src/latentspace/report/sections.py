"""Content of the report in the order of the slides: headings, short texts, figures, and claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase


@dataclass(frozen=True, kw_only=True)
class Section:
    """One experiment of the talk.

    Attributes:
        slides: of the talk.
        title: heading.
        text: the result, in one or two sentences.
        figures: paths below figures/; a pattern with ``*`` selects all files that match.
        claims: patterns of claim ids; a claim belongs to the first section that matches.
        explorers: paths of explorers below figures/, without suffix; the explorers of a section share their sliders.
            With a pattern, which has a ``*``, the section is repeated for each that matches and no other section has.
        optional: whether the section is left out if it has no claims.
    """

    slides: str
    title: str
    text: str
    figures: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    explorers: tuple[str, ...] = ()
    optional: bool = False


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
        text="The encoder averages, so the code is the area. With a contractive penalty the area is the optimal code.",
        figures=("size_code/code.png", "size_code/trade_off.png", "size_weights/linear_encoder.png"),
        claims=("size.*.code_area_pearson", "size.*.averaging_cosine", "size.contractive*.area_r2"),
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
        text="The error of autoencoders at radii in a gap of their training set, by penalty.",
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
        figures=("position_ablation/max_pool.png", "position_ablation/errors.png"),
        claims=("position.*",),
    ),
]

ORGANISE = [
    Section(
        slides="39",
        title="Explorer: ellipses",
        text="One slider moves the same component of both models. Each component of the plain autoencoder changes "
        "several factors at once; those of the PCA autoencoder change one each.",
        explorers=("organise_explorer/plain", "organise_explorer/pca_ae"),
    ),
    Section(
        slides="31-39",
        title="The PCA autoencoder on ellipses",
        text="Its components are ordered by reconstruction error, uncorrelated, and each corresponds to a factor.",
        figures=(
            "organise_codes/traversals.png",
            "organise_codes/correlation.png",
            "organise_codes/errors.png",
            "organise_codes/codes.png",
        ),
        claims=("organise.pca_ae.*", "organise.no_cov.*"),
    ),
    Section(
        slides="36-39, 51",
        title="Baselines on ellipses",
        text="The same measures of the baselines, and of a PCA autoencoder of a trained latent space (post hoc).",
        figures=("organise_codes/comparison.png", "organise_codes/factors.png", "organise_sweep/lambda.png"),
        claims=(
            "organise.plain.*",
            "organise.linear_pca.*",
            "organise.post_hoc.*",
            "organise.nested_dropout.*",
            "organise.beta_vae.*",
            "organise.distance_correlation.*",
        ),
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
        claims=("organise.packets*",),
    ),
]

GENERATORS = [
    Section(
        slides="47",
        title="Explorer: avatars",
        text="Choose two of the components of a neighbourhood.",
        explorers=("gan_explorer/avatars",),
    ),
    Section(
        slides="47",
        title="Explorer: faces",
        text="The same on photographs; the components are named by statistics of the images.",
        explorers=("gan_explorer/faces",),
    ),
    Section(
        slides="47",
        title="Explorer: {name}",
        text="The same on a neighbourhood of params.yaml.",
        explorers=("gan_explorer/*",),
    ),
    Section(
        slides="40-42",
        title="Directly on images: blur",
        text="Avatars from equally many components, by a decoder trained on them and through a generator.",
        figures=("gan_direct/blur.png", "gan_generator/*/samples.png"),
        claims=("gan.direct.*", "gan.zoo.*"),
    ),
    Section(
        slides="43-47",
        title="Organised neighbourhoods of a generator",
        text="Left: axes of the latent space. Right: components of the PCA autoencoder, several of which change one "
        "attribute each.",
        figures=("gan_codes/traversals_*.png", "gan_codes/attributes_*.png"),
        claims=("gan.pca_ae.*", "gan.regressor.*", "gan.faces.pca_ae.*"),
    ),
    Section(
        slides="45-46",
        title="Baselines on neighbourhoods",
        text="Straight lines through the anchor: GANSpace, SeFa, the Jacobian, raw axes.",
        figures=("gan_codes/explained.png",),
        claims=(
            "gan.no_cov.*",
            "gan.ganspace.*",
            "gan.jacobian.*",
            "gan.sefa.*",
            "gan.raw.*",
            "gan.latent_pca.*",
            "gan.image_pca.*",
            "gan.faces.*",
        ),
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
        replace(section, title=section.title.format(name=name.rpartition("/")[2]), explorers=(name,)) for name in names
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
