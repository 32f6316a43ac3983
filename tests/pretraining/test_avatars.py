"""The record of the drawn heads."""

import numpy as np

from latentspace.images.labelled import LabelledImages
from latentspace.pretraining.avatars import experiment


def test_the_experiment_records_the_mean_of_every_factor(tmp_path):
    factors = np.array([[0, 1], [1, 3]], np.float32)
    found = experiment(LabelledImages(np.zeros((2, 8, 8, 3), np.uint8), factors, ["skin", "roll"]))
    assert {row.key: row.value for row in found.rows} == {"skin": 0.5, "roll": 2.0}
    found.pictures["examples.png"].save(tmp_path / "examples.png")
