"""Sizes, factors and examples of an image set."""

import pytest

from latentspace.organise.images import experiment
from latentspace.pipeline.measured import value_of

from .samples import drawn, keys


def test_numbers_of_images_and_the_spread_of_every_factor():
    data = drawn("disks", 40)
    findings = experiment("mine", data)
    assert keys(findings) == ["train_images", "test_images", "x", "y", "radius"]
    assert [row.value for row in findings.rows[:2]] == [64, 40]
    assert value_of(findings.rows, "", "x") == pytest.approx(data.test_factors["x"].std())
    assert list(findings.pictures) == ["examples.png"]
    assert findings.summary == "64 training and 40 test images"
