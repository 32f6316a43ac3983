"""Words and colours of methods and factors."""

from collections import Counter

import pytest
from matplotlib.colors import to_rgb

from latentspace.gan.directions import METHODS as STRAIGHT
from latentspace.organise.codes import KNOWN
from latentspace.pipeline.params import read_yaml
from latentspace.plots.naming import METHODS, colour, marker, words
from latentspace.position.ablation import SHOWN


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("pca_ae", "PCA autoencoder"),
        ("no_cov", "without covariance loss, λ = 0"),
        ("plain", "plain autoencoder"),
        ("log_ratio_cos", "wide or tall"),
        ("background_lightness", "background lightness"),
        ("my_own_variant", "my own variant"),
    ],
)
def test_readers_see_words(name, seen):
    assert words(name) == seen


def test_words_are_no_identifiers():
    assert not [name for name in METHODS if "_" in words(name)]
    assert words(words("log_ratio_cos")) == words("log_ratio_cos"), "words are not changed again"


def test_a_method_without_an_entry_has_the_next_colour_of_the_figure():
    assert colour("my_own_variant") is None and marker("my_own_variant") == "o"


def test_all_methods_of_the_study_have_an_entry(root):
    variants = read_yaml(root / "params.yaml")
    ellipses = {name for name, one in variants["organise_train"]["variants"].items() if one["images"] == "ellipses"}
    assert {*variants["size_train"]["variants"]} - {*METHODS} <= {
        name for name in variants["size_train"]["variants"] if name.startswith("hole_")
    }
    assert {*ellipses, *KNOWN, *STRAIGHT, "image_pca", *SHOWN} <= {*METHODS}


@pytest.mark.parametrize(
    "together",
    [
        [
            "pca_ae",
            "grown",
            "no_cov",
            "plain",
            "nested_dropout",
            "beta_vae",
            "beta_tcvae",
            "least_volume",
            "linear_pca",
        ],
        ["pca_ae", "no_cov", *STRAIGHT, "image_pca"],
        ["bias", "linear_encoder", "code_2", "code_4"],
    ],
    ids=["ellipses", "generators", "disks"],
)
def test_methods_of_one_figure_look_different(together):
    looks = Counter((to_rgb(colour(name) or "w"), marker(name)) for name in together)
    assert max(looks.values()) == 1
