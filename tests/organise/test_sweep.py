"""λ and the length of the code swept."""

from latentspace.organise.params import Variant, Variants
from latentspace.organise.selected import LONG, swept
from latentspace.organise.sweep import experiment

from .samples import drawn, keys, linear


def test_the_sweep_takes_what_differs_from_the_grown_model_by_lambda_alone():
    variants = {
        "grown": Variant(images="ellipses", code_noise=0.3),
        "no_cov": Variant(images="ellipses", code_noise=0.3, weight=0.0),
        "lambda_10": Variant(images="ellipses", code_noise=0.3, weight=10.0, seeds=2),
        "noise_free": Variant(images="ellipses"),
        "longer": Variant(images="ellipses", code_noise=0.3, weight=2.0, steps=9),
        "elsewhere": Variant(images="disks", code_noise=0.3, weight=3.0),
    }
    assert swept(Variants(variants)) == {"grown": 1.0, "no_cov": 0.0, "lambda_10": 10.0}


def test_the_table_is_in_order_of_lambda_and_the_longer_code_has_its_errors():
    data = drawn("ellipses")
    three, six = linear(data, 3), linear(data, 6)
    findings = experiment({"b": {0: three}, "a": {0: three, 1: three}, LONG: {2: six}}, {"b": 10.0, "a": 0.1}, data)
    table = findings.tables["lambda"]
    assert table[["weight", "method", "seed"]].to_numpy().tolist() == [[0.1, "a", 0], [0.1, "a", 1], [10.0, "b", 0]]
    assert {"mse_k3", "ordered", "max_correlation", "area_leakage"} <= set(table.columns)
    assert "b.area_leakage/seed_0" in keys(findings) and "components_6.mse_k6/seed_2" in keys(findings)
    assert not any(row.measure == "area_leakage" for row in findings.rows if row.method == LONG)
    assert set(findings.pictures) == {"lambda.png", "components.png"}
    assert findings.summary == "area leaks least at λ = 0.1"
