"""Codes of ellipses: their scores on constructed codes, the table of means, and the whole experiment."""

import numpy as np
import pytest

from latentspace.organise.codes import KNOWN, PANELS, compared, comparison, comparison_figure, experiment, with_error
from latentspace.organise.factors import ellipse_factors, public_attributes
from latentspace.organise.params import Variant, Variants
from latentspace.pipeline.measured import Measured

from .samples import black_images, drawn, keys, linear


def test_perfect_codes_score_one_and_a_turned_pair_only_after_its_rotation():
    rng = np.random.default_rng(0)
    data = black_images({name: rng.normal(size=600) for name in ("area", "log_ratio_cos", "log_ratio_sin")})
    codes = np.column_stack(list(data.test_factors.values()))
    scores = ellipse_factors(codes[:, [1, 0, 2]], data.test_factors)
    assert min(scores[k] for k in ("area_pearson", "factor_match", "factor_match_rotated", "sap")) > 0.99
    assert scores["area_leakage"] < 0.15
    turned = codes.copy()
    turned[:, 1:] = codes[:, 1:] @ np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    scores = ellipse_factors(turned, data.test_factors)
    assert abs(scores["factor_match"] - 0.707) < 0.05 and scores["factor_match_rotated"] > 0.99
    assert scores["dci_disentanglement_rotated"] > scores["dci_disentanglement"] + 0.3


def test_variants_are_compared_by_means_over_their_seeds():
    rows = [Measured(*row) for row in [("a", "p", 2.0, 0), ("a", "p", 4.0, 1), ("b", "p", 5.0, 0), ("b", "q", 1.0, 0)]]
    table = comparison(rows).set_index("method")
    assert list(table.index) == ["a", "b"] and list(table.columns) == ["p", "q"]
    assert table.loc["a", "p"] == 3.0 and table.loc["b"].tolist() == [5.0, 1.0]


def test_a_factor_without_a_component_scores_0():
    rng = np.random.default_rng(0)
    data = black_images({name: rng.normal(size=600) for name in ("area", "log_ratio_cos", "log_ratio_sin")})
    cos, sin = (data.test_factors[f"log_ratio_{name}"] for name in ("cos", "sin"))
    one = ellipse_factors(cos[:, None], data.test_factors)
    assert one == {"area_pearson": 0, "area_spearman": 0, "factor_match": pytest.approx(0.5)}
    two = ellipse_factors(np.column_stack([cos, sin]), data.test_factors)
    assert two["area_pearson"] == 0 and two["factor_match"] > 0.99 and 0 < two["area_leakage"] < 0.15
    assert {"mig", "sap", "dci_informativeness"} <= set(two) and not any("rotated" in name for name in two)
    assert public_attributes(cos[:, None], {"S": cos, "H": sin, "V": sin}) == {"S": pytest.approx(1), "H": 0, "V": 0}


def test_the_pair_is_turned_whichever_components_it_is_matched_to():
    rng = np.random.default_rng(0)
    data = black_images({name: rng.normal(size=600) for name in ("area", "log_ratio_cos", "log_ratio_sin")})
    area, cos, sin = data.test_factors.values()
    codes = np.column_stack([area, *rng.normal(size=(2, 600)), cos - sin, cos + sin])
    assert ellipse_factors(codes, data.test_factors)["factor_match_rotated"] > 0.99


def test_all_variants_on_ellipses_are_compared_but_those_of_the_sweeps():
    grown = Variant(images="ellipses")
    variants = {
        "mine": Variant(images="ellipses", packet_sizes=[5]),
        "grown": grown,
        "no_cov": grown.model_copy(update={"weight": 0.0}),
        "lambda_10": grown.model_copy(update={"weight": 10.0}),
        "components_6": Variant(images="ellipses", packet_sizes=[1] * 6),
        "elsewhere": Variant(images="disks"),
    }
    assert compared(Variants(variants)) == ["mine", "grown", "no_cov"]
    del variants["grown"]
    assert compared(Variants(variants)) == ["mine", "no_cov", "lambda_10"]


def test_the_error_of_a_comparison_is_that_from_all_components():
    values = [("a", "mse_k1", 3.0), ("a", "mse_k2", 2.0), ("a", "infom", 0.5), ("b", "mse_k1", 1.0)]
    table, titles = with_error(comparison([Measured(*row, 0) for row in values]))
    assert table["mse"].tolist() == [2, 1] and titles == {"mse": "MSE, all components", "infom": "InfoM"}
    assert [cell.get_title() for cell in comparison_figure(table, titles).axes] == list(titles.values())
    assert with_error(table[:1])[1]["mse"] == "MSE, k = 2"


@pytest.fixture(scope="module")
def findings():
    data = drawn("ellipses", 200)
    model = linear(data, 3)
    return experiment({name: {0: model, 1: model} for name in (*KNOWN, "plain", "mine")}, data)


def test_every_variant_has_every_measure(findings):
    assert len(set(keys(findings))) == len(findings.rows) == len(findings.tables["comparison"]) * (2 * 30 + 1)
    assert "pca_ae.dci_completeness_rotated/seed_1" in keys(findings) and "plain.S/seed_0" in keys(findings)
    assert all(row.value == pytest.approx(1) for row in findings.rows if row.measure == "agreement"), "equal models"
    table = findings.tables["comparison"]
    assert list(table["method"]) == [*KNOWN, "plain", "mine"] and set(PANELS) <= set(table.columns)


def test_pictures_and_matrices_are_those_of_the_report(findings):
    png = {"growth", "comparison", "ablation", "correlation", "factors", "errors", "codes", "traversals"}
    assert set(findings.pictures) == {f"{name}.png" for name in png} | {"traversals.gif"}
    assert set(findings.matrices) == {
        f"{what}_{name}" for what in ("covariance", "correlation") for name in ("pca_ae", "plain")
    }
    assert list(findings.matrices["correlation_plain"].columns) == ["z1", "z2", "z3"]
    assert findings.summary.startswith("z1: ")
