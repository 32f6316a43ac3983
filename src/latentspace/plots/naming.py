"""Words and colours of methods, and words for factors and attributes, the same in every figure.

Identifiers in params.yaml, metrics and claims do not change; these are what a reader of a figure sees.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """How figures show a method.

    Attributes:
        words: its name.
        colour: of its curves and bars. The methods that share a figure have different colours or markers; the eight
            most frequent ones have the palette of Okabe and Ito, which colour-blind readers can tell apart.
        marker: of its curves, so that a figure can also be read without colours.
    """

    words: str
    colour: str
    marker: str = "o"


BLACK, GREY, ORANGE, SKY, GREEN = "#000000", "#8C8C8C", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
WINE, OLIVE, INDIGO, BROWN, TEAL = "#882255", "#999933", "#332288", "#7F4F24", "#44AA99"

METHODS = {
    # The PCA autoencoder and what is left out of it or changed, on ellipses and on neighbourhoods of generators.
    "pca_ae": Method("PCA autoencoder", VERMILION),
    "grown": Method("grown PCA autoencoder", WINE, "D"),
    "no_cov": Method("without covariance loss, λ = 0", ORANGE, "s"),
    "lambda_1": Method("λ = 1", ORANGE, "^"),
    "lambda_10": Method("λ = 10", ORANGE, "v"),
    "distance_correlation": Method("distance correlation", OLIVE, "s"),
    "covariance": Method("covariance", VERMILION),
    "literal": Method("the talk's algorithm", INDIGO, "s"),
    "literal_no_cov": Method("the talk's algorithm, λ = 0", INDIGO, "^"),
    "literal_noise": Method("… + noise", TEAL, "s"),
    "literal_noise_readout": Method("… + noise, bounded encoder", TEAL, "^"),
    "no_noise": Method("grown without noise", BROWN, "s"),
    "centred_noise": Method("with noise on the code", WINE),
    "centred_no_noise": Method("without noise", BROWN),
    "no_noise_no_cov": Method("grown without noise, λ = 0", BROWN, "^"),
    "packets_ellipses": Method("grown, packets of 1 and 2", OLIVE, "D"),
    "components_6": Method("six components", VERMILION, "s"),
    "packets_2_1": Method("packets of 2 and 1", VERMILION),
    "packets_1_2": Method("packets of 1 and 2", BLUE, "s"),
    "packets_1_1_1": Method("packets of 1, 1 and 1", GREEN, "^"),
    # Other methods.
    "plain": Method("plain autoencoder", BLUE),
    "linear_pca": Method("linear PCA", BLACK, "x"),
    "nested_dropout": Method("nested dropout", GREEN),
    "beta_vae": Method("β-VAE", PURPLE),
    "beta_tcvae": Method("β-TCVAE", ORANGE, "v"),
    "least_volume": Method("Least Volume", SKY),
    "ganspace": Method("GANSpace", BLUE),
    "ganspace_ica": Method("GANSpace + ICA", SKY),
    "affine": Method("line trained through the generator", WINE, "D"),
    "jacobian": Method("Jacobian at the anchor", PURPLE),
    "sefa": Method("SeFa", GREEN),
    "raw": Method("axes of the latent space", GREY),
    "latent_pca": Method("PCA of the latents", BROWN, "x"),
    "image_pca": Method("PCA of the images (no generator)", BLACK, "x"),
    # Autoencoders of disks.
    "bias": Method("with biases", VERMILION),
    "bias_free": Method("without biases", BLUE),
    "linear_encoder": Method("linear encoder", GREEN),
    "equal_rate": Method("encoder as fast as the decoder", ORANGE),
    "random_init": Method("random initialisation", PURPLE),
    "contractive_0_1": Method("contractive, weight 0.1", SKY),
    "contractive_1": Method("contractive, weight 1", TEAL),
    "contractive_10": Method("contractive, weight 10", INDIGO),
    "contractive_averaging": Method("contractive, averaging start", OLIVE),
    "code_2": Method("d = 2", BLUE),
    "code_4": Method("d = 4", ORANGE),
    "none": Method("no penalty", GREY),
    "l2_encoder": Method("L2 of the encoder", BLUE),
    "l2_both": Method("L2 of encoder and decoder", GREEN),
    "contractive": Method("contractive", INDIGO),
    # Ways to halve the length of a line.
    "stride": Method("stride", VERMILION),
    "max_pool": Method("max pooling", BLUE),
    "average_pool": Method("average pooling", GREEN),
    "even_filter": Method("even filter", PURPLE),
}

FACTORS = {
    "log_ratio_cos": "wide or tall",  # log(a/b) cos 2θ: the long axis across or upright
    "log_ratio_sin": "leaning left or right",  # log(a/b) sin 2θ: the long axis along one diagonal or the other
    "x": "left or right",
    "y": "up or down",
    "right": "left or right",
    "down": "up or down",
}


def words(name: str) -> str:
    """A method, factor or attribute in words; one without an entry is its own name with spaces for underscores."""
    return METHODS[name].words if name in METHODS else FACTORS.get(name, name.replace("_", " "))


def colour(name: str) -> str | None:
    """Colour of a method, the same in every figure; None, the next of the figure's own, for one without an entry."""
    return METHODS[name].colour if name in METHODS else None


def marker(name: str) -> str:
    """Marker of a method's curves."""
    return METHODS[name].marker if name in METHODS else "o"
