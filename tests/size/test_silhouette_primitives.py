"""Bias-free decoders of silhouettes against the top eigenfunction, on constructed answers and small networks."""

import numpy as np
import pytest

from latentspace.pipeline.measured import Measured, value_of
from latentspace.size import optimum
from latentspace.size.measures import Response
from latentspace.size.silhouette_primitives import VARIANTS, Silhouette, errors, experiment, mean_over_digits


def test_errors_of_the_best_decoder_without_biases_and_of_a_better_one_with_them(disks):
    images = disks.test.astype(float)
    best, energy = optimum.discrete_optimum(images)
    projections = (images * best).sum((1, 2), keepdims=True)
    z = np.zeros((24, 1))
    found = {"bias_free": {0: Response(z, projections * best)}, "bias": {0: Response(z, images + 0.01)}}
    rows = errors("x", Silhouette(images, best, energy, found))
    assert value_of(rows, "x", "energy_ratio", 0) == pytest.approx(1)
    floor = (np.square(images).sum() - energy) / images.size
    assert value_of(rows, "x", "bias_free_mse", 0) == pytest.approx(floor)
    assert value_of(rows, "x", "bias_mse", 0) == pytest.approx(1e-4)
    assert value_of(rows, "x", "mse_ratio", 0) == pytest.approx(floor / 1e-4)


def test_the_mean_over_digits_is_by_seed_and_leaves_out_other_shapes():
    values = {"digit_3": 1.0, "digit_5": 3.0, "corpus_callosum": 100.0}
    rows = [
        Measured(name, measure, value + seed, seed)
        for name, value in values.items()
        for measure in ("energy_ratio", "mse_ratio")
        for seed in (0, 1)
    ]
    found = mean_over_digits(rows, ["digit_3", "digit_5"])
    assert [(row.measure, row.seed, row.value) for row in found] == [
        ("energy_ratio", 0, 2.0),
        ("energy_ratio", 1, 3.0),
        ("mse_ratio", 0, 2.0),
        ("mse_ratio", 1, 3.0),
    ]
    assert mean_over_digits(rows, []) == []


def test_experiment(pair, disks, complete):
    shapes = ["digit_3", "digit_7", "corpus_callosum"]
    networks = {name: {variant: pair(bias=variant == "bias") for variant in VARIANTS} for name in shapes}
    findings = experiment(networks, dict.fromkeys(shapes, disks))
    each = ("energy_ratio", "bias_free_mse", "bias_mse", "mse_ratio")
    measures = dict.fromkeys(shapes, each) | {"digits": ("energy_ratio", "mse_ratio")}
    assert not complete(findings, measures, ["silhouettes.png"])
    assert len(findings.pictures["silhouettes.png"].axes) == 3 * 3 * 5
