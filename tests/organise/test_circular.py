"""A circular factor, by covariance and by distance correlation."""

from latentspace.organise.circular import VARIANTS, experiment

from .samples import drawn, keys, linear


def test_keys_name_the_penalty():
    data = drawn("dial", 40)
    findings = experiment({name: {0: linear(data, 2), 1: linear(data, 2)} for name in VARIANTS}, data)
    measures = ("mse_k1", "mse_k2", "ordered", "max_correlation", "max_distance_correlation")
    assert set(keys(findings)) == {
        f"circular.{penalty}.{measure}/seed_{seed}"
        for penalty in ("covariance", "distance_correlation")
        for measure in measures
        for seed in (0, 1)
    }
    assert list(findings.pictures) == ["codes.png"]
    assert findings.summary.startswith("distance correlation: covariance 0.")
