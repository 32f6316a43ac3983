"""Codes of test images: errors by components, dependence, and which models are loaded."""

import numpy as np
import pytest

from latentspace.nn import models
from latentspace.organise.coded import (
    Coded,
    codes_and_errors,
    dependence,
    encode,
    errors_of,
    load_models,
    of_first_seed,
    order,
    order_and_dependence,
    with_plain,
)
from latentspace.organise.params import Variant, Variants
from latentspace.pca.afterwards import OrganisedLatents

from .samples import Means, black_images, drawn, linear


def test_errors_fall_with_every_component_that_is_decoded():
    ((codes, errors),) = codes_and_errors(np.full((8, 1, 2, 2), 255, np.uint8), [Means()])
    assert codes.tolist() == [[1, 1, 1]] * 8 and errors == [0.75, 0.5, 0.25]
    coded = Coded(Means(), codes, errors)
    assert order(coded) == {"mse_k1": 0.75, "mse_k2": 0.5, "mse_k3": 0.25, "ordered": 1.0}
    assert errors_of({"a": {0: coded, 5: coded}})["a"].tolist() == [[0.75, 0.5, 0.25]] * 2


def test_a_component_that_increases_the_error_is_out_of_order():
    assert order(Coded(Means(), np.ones((8, 3)), [0.5, 0.75, 0.25]))["ordered"] == 0.0


def test_dependence_leaves_out_the_diagonal():
    angle = 2 * np.pi * np.arange(200) / 200
    found = dependence(np.column_stack([np.cos(angle), np.sin(angle)]))
    assert found["max_correlation"] < 1e-9 and 0.1 < found["max_distance_correlation"] < 0.3


def test_every_model_encodes_the_test_images():
    data = drawn("ellipses", 20)
    model = linear(data, 2)
    coded = encode({"a": {4: model, 2: model}}, data)
    assert list(coded["a"]) == [4, 2] and coded["a"][4].codes.shape == (20, 2)
    assert coded["a"][4].codes.dtype == np.float64
    assert of_first_seed(coded)["a"] is coded["a"][2]
    rows = order_and_dependence(coded)
    assert {row.seed for row in rows} == {4, 2} and {row.method for row in rows} == {"a"}
    measures = ["mse_k1", "mse_k2", "ordered", "max_correlation", "max_distance_correlation"]
    assert [row.measure for row in rows if row.seed == 2] == measures


def test_models_are_loaded_with_the_seeds_they_were_trained_with(tmp_path):
    model = linear(drawn("ellipses", 2), 2)
    models.save_seeds({0: model, 7: model}, tmp_path / "many")
    models.save_seeds({0: model}, tmp_path / "one")
    variants = Variants({"many": Variant(images="ellipses"), "one": Variant(images="ellipses", seeds=1)})
    folders = {name: tmp_path / name for name in ("many", "one")}
    assert {name: list(of) for name, of in load_models(folders, variants, [0, 7]).items()} == {
        "many": [0, 7],
        "one": [0],
    }
    (tmp_path / "many" / "seed_7.safetensors").unlink()
    with pytest.raises(ValueError, match=r"many/seed_7\.safetensors: no such file"):
        load_models(folders, variants, [0, 7])


def test_black_images_have_codes_of_zero():
    coded = encode({"a": {0: Means()}}, black_images({"area": np.arange(5.0)}))
    assert not coded["a"][0].codes.any()


def test_the_plain_autoencoders_are_the_bases_of_those_organised_afterwards():
    data = drawn("ellipses", 4)
    base, other = linear(data, 3), linear(data, 3)
    organised = {seed: OrganisedLatents(base, Means()) for seed in (0, 4)}
    found = with_plain({"pca_ae": organised, "grown": {0: other}})
    assert list(found) == ["pca_ae", "grown", "plain"]
    assert {seed: model is base for seed, model in found["plain"].items()} == {0: True, 4: True}
    for models_of in ({"pca_ae": {0: other}}, {"grown": organised}):
        assert with_plain(models_of) == models_of, "no variant pca_ae that organises a model afterwards"
