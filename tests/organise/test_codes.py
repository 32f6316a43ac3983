"""Codes of ellipses: their scores on constructed codes, the table of means, and the whole experiment."""

import numpy as np
import pytest

from latentspace.organise.codes import PANELS, VARIANTS, comparison, ellipse_factors, experiment
from latentspace.pipeline.measured import Measured

from .samples import black_images, drawn, keys, linear


def test_perfect_codes_score_one_and_a_turned_pair_only_after_its_rotation():
    rng = np.random.default_rng(0)
    data = black_images({name: rng.normal(size=600) for name in ("area", "log_ratio_cos", "log_ratio_sin")})
    codes = np.column_stack(list(data.test_factors.values()))
    scores = ellipse_factors(codes[:, [1, 0, 2]], data)
    assert min(scores[k] for k in ("area_pearson", "factor_match", "factor_match_rotated", "sap")) > 0.99
    assert scores["area_leakage"] < 0.15
    turned = codes.copy()
    turned[:, 1:] = codes[:, 1:] @ np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    scores = ellipse_factors(turned, data)
    assert abs(scores["factor_match"] - 0.707) < 0.05 and scores["factor_match_rotated"] > 0.99
    assert scores["dci_disentanglement_rotated"] > scores["dci_disentanglement"] + 0.3


def test_variants_are_compared_by_means_over_their_seeds():
    rows = [Measured(*row) for row in [("a", "p", 2.0, 0), ("a", "p", 4.0, 1), ("b", "p", 5.0, 0), ("b", "q", 1.0, 0)]]
    table = comparison(rows).set_index("method")
    assert list(table.index) == ["a", "b"] and list(table.columns) == ["p", "q"]
    assert table.loc["a", "p"] == 3.0 and table.loc["b"].tolist() == [5.0, 1.0]


@pytest.fixture(scope="module")
def findings():
    data = drawn("ellipses", 200)
    model = linear(data, 3)
    return experiment({name: {0: model, 1: model} for name in (*VARIANTS, "post_hoc")}, data)


def test_every_variant_has_every_measure(findings):
    assert len(set(keys(findings))) == len(findings.rows) == 8 * 2 * 24
    assert "pca_ae.dci_completeness_rotated/seed_1" in keys(findings) and "post_hoc.S/seed_0" in keys(findings)
    table = findings.tables["comparison"]
    assert list(table["method"]) == [*VARIANTS, "post_hoc"] and set(PANELS) <= set(table.columns)


def test_pictures_and_matrices_are_those_of_the_report(findings):
    png = {"comparison", "correlation", "factors", "errors", "codes", "traversals"}
    assert set(findings.pictures) == {f"{name}.png" for name in png} | {"traversals.gif"}
    assert set(findings.matrices) == {
        f"{what}_{name}" for what in ("covariance", "correlation") for name in ("pca_ae", "plain")
    }
    assert list(findings.matrices["correlation_plain"].columns) == ["z1", "z2", "z3"]
    assert findings.summary.startswith("z1: ")
