"""Evaluation of a neighbourhood: shares explained, margins, attributes, names of metrics."""

from dataclasses import replace

import numpy as np
import pytest

from latentspace.gan.evaluated import without_sefa
from latentspace.gan.frozen import Frozen
from latentspace.gan.trials import (
    Navigated,
    Result,
    evaluate,
    evaluate_all,
    explained_table,
    numbers,
    purity,
    trials,
)

BASELINES = ["jacobian", "raw"]
PLACE = "sigma_0.1_anchor_1"


@pytest.fixture(scope="module")
def results(organised, sizes, measure):
    return evaluate(trials({"pca_ae": organised}, sizes, measure, BASELINES)[0])


def test_there_is_a_trial_per_neighbourhood_with_the_models_of_all_methods(organised, sizes):
    made = trials({"pca_ae": organised, "no_cov": organised}, sizes, None, BASELINES)
    assert [trial.place for trial in made] == organised.places
    assert [list(trial.models) for trial in made] == [[("pca_ae", 0), ("no_cov", 0)]] * 2


def test_all_directions_explain_everything(results):
    explained = {result.method: result.explained for result in results}
    assert explained["pca_ae"][-1] == pytest.approx(1, abs=1e-4)
    assert explained["raw"][-1] == pytest.approx(1, abs=1e-4)
    assert explained["pca_ae"][0] < 0.9


def test_the_first_singular_vector_explains_more_than_an_axis(results):
    explained = {result.method: result.explained for result in results}
    assert explained["jacobian"][0] > explained["raw"][0]


def test_numbers_name_method_measure_and_place(results):
    metrics = {row.key: row.value for row in numbers(results, "tiny.")}
    assert metrics[f"tiny.pca_ae.explained_k8/{PLACE}_seed_0"] == pytest.approx(1, abs=1e-4)
    assert f"tiny.image_pca.explained_k1/{PLACE}" in metrics
    assert metrics[f"tiny.raw.max_correlation/{PLACE}"] < 0.05
    ours = next(r for r in results if r.method == "pca_ae")
    assert isinstance(ours, Navigated) and ours.attributes is not None
    assert ours.attributes.shape == (8, 2)
    purest = metrics[f"tiny.pca_ae.attribute_purity/{PLACE}_seed_0"]
    assert purest == pytest.approx(ours.attributes.max(axis=1).mean()) == purity(ours.attributes)
    assert np.allclose(ours.attributes, ours.shown, atol=0.02), "a complete code decodes to the image itself"


def test_margins_are_those_to_each_rival_and_to_the_best_baseline(results):
    metrics = {row.key: row.value for row in numbers(results)}
    ours = next(r for r in results if r.method == "pca_ae")
    baselines = [r for r in results if r.method in BASELINES]
    best = np.max([r.explained for r in baselines], axis=0)
    assert metrics[f"pca_ae.explained_margin/{PLACE}_seed_0"] == pytest.approx((ours.explained - best).min())
    for rival in baselines:
        margin = (ours.explained - rival.explained).min()
        assert metrics[f"pca_ae.margin_{rival.method}/{PLACE}_seed_0"] == pytest.approx(margin)
    assert not [key for key in metrics if "margin_affine" in key or "margin_image_pca" in key]
    others = [purity(r.attributes) for r in baselines]
    assert metrics["pca_ae.purity_margin"] == pytest.approx(purity(ours.attributes) - max(others))


def shares(method, explained, place, seed=None):
    return Result(method, place, seed, np.array(explained), np.zeros((2, len(explained))))


def test_lines_trained_through_the_generator_have_a_margin_at_every_k_and_are_no_baseline(organised):
    here, there = organised.places
    found = [
        shares("pca_ae", [0.5, 0.7], here, 0),
        shares("pca_ae", [0.4, 0.8], here, 1),
        shares("affine", [0.3, 0.8], here, 0),
        shares("affine", [0.4, 0.7, 0.9], here, 1),
        shares("affine", [9.0, 9.0], there, 0),
        shares("sefa", [0.2, 0.3], here),
    ]
    metrics = {row.key: row.value for row in numbers(found) if "margin" in row.measure}
    first = {"margin_affine": -0.1, "margin_affine_k1": 0.2, "margin_affine_k2": -0.1}
    second = {"margin_affine": 0.0, "margin_affine_k1": 0.0, "margin_affine_k2": 0.1}
    expected = {}
    for seed, margins in enumerate((first, second)):
        margins |= dict.fromkeys(("margin_sefa", "explained_margin"), [0.3, 0.2][seed])
        expected |= {f"pca_ae.{name}/{PLACE}_seed_{seed}": value for name, value in margins.items()}
    assert metrics == pytest.approx(expected)


def test_without_baselines_or_attributes_there_are_no_margins(organised, sizes):
    found = evaluate(trials({"pca_ae": organised}, sizes, None, [])[0])
    assert [result.method for result in found] == ["pca_ae", "image_pca"]
    assert not [row for row in numbers(found) if "margin" in row.measure or "purity" in row.measure]


def test_the_purity_margin_is_of_means_over_neighbourhoods(organised, sizes, measure):
    found = [r for each in evaluate_all(trials({"pca_ae": organised}, sizes, measure, ["raw"])) for r in each]
    (margin,) = [row for row in numbers(found) if row.measure == "purity_margin"]
    means = {m: np.mean([purity(r.attributes) for r in found if r.method == m]) for m in ("pca_ae", "raw")}
    assert margin.value == pytest.approx(means["pca_ae"] - means["raw"])
    assert (margin.seed, margin.place) == (None, "")


def test_the_table_has_a_row_per_method_and_component(results):
    table = explained_table(results)
    assert len(table) == 8 * 4 and set(table["components"]) == set(range(1, 9))
    assert set(table["sigma"]) == {0.1} and set(table["anchor"]) == {1} and set(table["seed"]) == {"0", ""}
    assert isinstance(results[-1], Result) and results[-1].method == "image_pca"


def test_sefa_is_left_out_where_no_first_layer_is_known(organised, sizes, generator):
    class Other(Frozen):
        latent, size = generator.latent, generator.size

        def forward(self, z):
            return generator(z)

    other = trials({"pca_ae": replace(organised, generator=Other())}, sizes, None, [*BASELINES, "sefa"])
    ours = trials({"pca_ae": organised}, sizes, None, [*BASELINES, "sefa"])
    assert without_sefa({"mine": other, "avatars": ours}) == {
        "mine.sefa": "its generator has no first layer that is known to be linear"
    }
    assert "sefa" in {result.method for result in evaluate(ours[0])}
    assert {result.method for result in evaluate(other[0])} == {"pca_ae", *BASELINES, "image_pca"}
