"""What the report shows, in the order of the slides: headings, a sentence each, figures, and the claims that belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Section:
    """One experiment of the talk.

    Attributes:
        slides: where the talk has it.
        title: heading.
        text: what to see, in a sentence or two.
        figures: paths below figures/; one with a ``*`` stands for all that are there.
        claims: patterns of claim ids; a claim stands in the first section that has it.
        explorers: explorers below figures/, without their ending; several are driven together.
    """

    slides: str
    title: str
    text: str
    figures: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    explorers: tuple[str, ...] = ()


CHAPTERS: dict[str, list[Section]] = {
    "Size": [
        Section(
            "8-12",
            "An autoencoder of disks",
            "One number is enough: disks of any radius come back.",
            ("size_reconstruction/strip.png", "size_reconstruction/code_size.png"),
            ("size.[!h]*.test_mse", "size.[!h]*.radius_error_px"),
        ),
        Section(
            "13",
            "The code is the area",
            "The encoder is an averaging filter. A contractive penalty makes the area the optimal code.",
            ("size_code/code.png", "size_code/trade_off.png", "size_weights/linear_encoder.png"),
            ("size.*.code_area_pearson", "size.*.averaging_cosine", "size.contractive*.area_r2"),
        ),
        Section(
            "14-15",
            "Without biases: one profile, scaled",
            "A decoder without biases is homogeneous, D(λz) = λD(z), so it can only scale one shape.",
            ("size_ablation/profiles.png", "size_ablation/signs.png"),
            ("size.*.homogeneity_error", "size.*.single_sign"),
        ),
        Section(
            "16-18",
            "The profile is a solution of Airy's equation",
            "Trained, minimised numerically and in closed form, on one axis.",
            ("size_airy/comparison.png", "size_theory/profile.png"),
            ("size.bias_free.*", "size.theory.*", "size.optimum.*"),
        ),
        Section(
            "19-20",
            "With biases: scaled and thresholded; other shapes",
            "Biases threshold the scaled profile. The same holds for digits and the corpus callosum.",
            ("size_primitive/primitive.png", "size_silhouette_primitives/silhouettes.png"),
            ("size.*.threshold_r2", "size.digits.*", "size.corpus_callosum.*"),
        ),
        Section(
            "(paper)",
            "Radii not seen in training",
            "Which penalty helps an autoencoder across a hole in its data.",
            ("size_hole/hole.png",),
            ("size.hole*",),
        ),
    ],
    "Position": [
        Section(
            "24-26",
            "[1, 2, 1] extracts the position",
            "A linear network of one filter and subsampling gives the position of a Dirac exactly.",
            ("position_theory/table.png", "position_theory/filters_2d.png"),
            ("position.theory.*",),
        ),
        Section(
            "27",
            "The filter is learnt",
            "From labelled positions, the taps arrive at [1, 2, 1]; Adam alone stalls.",
            ("position_encoder/taps.png", "position_encoder/stall.png"),
            ("position.trained*", "position.stall*"),
        ),
        Section(
            "28",
            "From a position to its Dirac",
            "Continuous positions generalise, one-hot ones do not.",
            ("position_decoder/decoded.png", "position_decoder/errors.png", "position_autoencoder/codes_line.png"),
            ("position.decoder*", "position.autoencoder*", "position.coordconv*"),
        ),
        Section(
            "29",
            "Max pooling breaks it",
            "Other ways to halve the length.",
            ("position_ablation/max_pool.png", "position_ablation/errors.png"),
            ("position.*",),
        ),
    ],
    "Organise": [
        Section(
            "39",
            "Explore: ellipses",
            "Three components, driven together: the plain autoencoder mixes everything, the PCA autoencoder does not.",
            explorers=("organise_explorer/plain", "organise_explorer/pca_ae"),
        ),
        Section(
            "31-39",
            "The PCA autoencoder on ellipses",
            "Ordered by reconstruction error, decorrelated, and each component with a name.",
            (
                "organise_codes/traversals.png",
                "organise_codes/correlation.png",
                "organise_codes/errors.png",
                "organise_codes/codes.png",
            ),
            ("organise.pca_ae.*", "organise.no_cov.*"),
        ),
        Section(
            "36-39, 51",
            "What a user would pick instead",
            "The same measures of every rival, among them: learn first, organise afterwards.",
            ("organise_codes/comparison.png", "organise_codes/factors.png", "organise_sweep/lambda.png"),
            (
                "organise.plain.*",
                "organise.linear_pca.*",
                "organise.post_hoc.*",
                "organise.nested_dropout.*",
                "organise.beta_vae.*",
                "organise.distance_correlation.*",
            ),
        ),
        Section(
            "36",
            "Uncorrelated is not independent",
            "A circular factor: covariance sees nothing, distance correlation does.",
            ("organise_circular/codes.png",),
            ("organise.circular.*",),
        ),
        Section(
            "31-39",
            "Other images",
            "Handwritten digits, and any other set that is asked for, beside linear PCA.",
            ("organise_set/*/traversals.png", "organise_set/*/attributes.png"),
        ),
        Section(
            "48, 51",
            "Translation in packets",
            "A factor of two numbers needs two components together.",
            ("organise_packets/traversals.png", "organise_packets/factors.png"),
            ("organise.packets*",),
        ),
    ],
    "Generators": [
        Section(
            "47",
            "Explore: avatars",
            "Choose two of the five components of a neighbourhood.",
            explorers=("gan_explorer/avatars",),
        ),
        Section(
            "47",
            "Explore: faces",
            "The same on photographs; the names come from statistics of the picture.",
            explorers=("gan_explorer/faces",),
        ),
        Section(
            "40-42",
            "Straight on images: blur",
            "Five components of avatars drawn by an ordinary decoder, and by a generator's latent space.",
            ("gan_direct/blur.png", "gan_generator/avatars/samples.png", "gan_generator/faces/samples.png"),
            ("gan.direct.*", "gan.zoo.*"),
        ),
        Section(
            "43-47",
            "Neighbourhoods of a generator, organised",
            "On the left the latent space as it is, on the right organised: one attribute an axis, where it works.",
            (
                "gan_codes/traversals_avatars.png",
                "gan_codes/traversals_faces.png",
                "gan_codes/attributes_avatars.png",
                "gan_codes/attributes_faces.png",
            ),
            ("gan.pca_ae.*", "gan.regressor.*", "gan.faces.pca_ae.*"),
        ),
        Section(
            "45-46",
            "What a user would pick instead",
            "Straight lines through the anchor: GANSpace, SeFa, the Jacobian, raw axes.",
            ("gan_codes/explained.png",),
            (
                *(
                    f"gan.{name}.*"
                    for name in ("no_cov", "ganspace", "jacobian", "sefa", "raw", "latent_pca", "image_pca")
                ),
                "gan.faces.*",
            ),
        ),
        Section(
            "48, 51",
            "Is it too local for the whole space?",
            "From a small neighbourhood to nearly the whole space: lines stop working, the PCA autoencoder does not.",
            ("gan_sweep/sigma.png",),
            ("gan.sweep.*",),
        ),
    ],
}


def place(names: Sequence[str]) -> dict[str, Section]:
    """The section of every claim: the first one with a pattern that fits.

    Raises:
        ValueError: naming a claim that no section has.
    """
    sections = [section for chapter in CHAPTERS.values() for section in chapter]
    found = {}
    for name in names:
        fitting = [s for s in sections if any(fnmatchcase(name, pattern) for pattern in s.claims)]
        if not fitting:
            raise ValueError(f"claim {name}: no section of the report has it")
        found[name] = fitting[0]
    return found
