"""The experiment on the data set of disks."""

import pytest

from latentspace.pipeline.measured import value_of
from latentspace.size.disks import experiment


def test_experiment(disks, complete):
    findings = experiment(disks)
    assert complete(findings, {}, ["examples.png"]) == {"train_images", "validation_images", "test_images", "mean_grey"}
    assert value_of(findings.rows, "", "train_images") == 32
    assert findings.summary.startswith("32 training, 20 validation, 24 test disks")
    area = 3.141593 * 7.5**2 / 3  # mean of πr² over uniform r ≤ 7.5
    assert value_of(findings.rows, "", "mean_grey") == pytest.approx(area / 16**2, rel=0.02)
