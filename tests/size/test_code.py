"""What the code measures, on known codes and encoders; the sweep over weights."""

import numpy as np
import pandas as pd
import pytest

from latentspace.pipeline.measured import value_of
from latentspace.pipeline.params import Training
from latentspace.size.code import (
    PLAIN,
    affine_r2,
    best_weight,
    contractive,
    experiment,
    mean_contraction,
    pearson,
    weights,
)
from latentspace.size.measures import respond
from latentspace.size.params import Network, TrainDisks, Variant
from latentspace.size.weights import encoder_filter

RADII = np.linspace(0.1, 12, 60)
VARIANTS = {
    "bias": Variant(),
    "low": Variant(penalty="contractive", weight=0.1, init="edges"),
    "high": Variant(penalty="contractive", weight=10.0, init="edges"),
    "averaging": Variant(penalty="contractive", weight=10.0),
    "hole": Variant(penalty="contractive", weight=0.1, hole=[2, 3]),
    "idle": Variant(penalty="contractive", weight=99.0, init="edges"),
}


def study(*names):
    training = Training(steps=1, batch_size=2, learning_rate=1e-3, warmup=0.1, betas=[0.9, 0.9], checkpoint_every=1)
    network = Network(encoder_widths=[1], decoder_widths=[1], slope=0.1)
    return TrainDisks(names=list(names), network=network, training=training, variants=VARIANTS)


def test_correlations_of_known_codes():
    assert pearson(-3 * RADII**2 + 1, RADII**2) == pytest.approx(1)
    assert affine_r2(RADII**2, 5 - 2 * RADII**2) == pytest.approx(1)
    r = np.linspace(0, 1, 100_001)
    assert pearson(r, r**2) == pytest.approx(np.sqrt(15) / 4, abs=1e-4), "uniform r: corr(r, r²) = √15/4"
    assert affine_r2(r, r**2) == pytest.approx(15 / 16, abs=1e-4), "R² of an affine fit is the squared correlation"


def test_mean_contraction_of_a_linear_encoder_is_its_squared_filter_over_the_variance(network, disks):
    net = network(linear_encoder=True)
    w, z = encoder_filter(net, 16), respond(net, disks.test).codes[:, 0]
    assert mean_contraction(net, disks.test) == pytest.approx(np.square(w).sum() / z.var(ddof=1), rel=1e-4)


def test_the_contractive_variants_are_those_without_a_hole_and_the_sweep_is_of_those_that_start_at_the_edges():
    assert list(contractive(study("bias"))) == ["low", "high", "averaging", "idle"]
    assert weights(contractive(study("bias"))) == {"low": 0.1, "high": 10.0, "idle": 99.0}


def test_the_best_weight_has_the_best_mean_over_seeds_on_the_validation_set():
    lines = [(1.0, 0, 0.9, 0.5, 3e-3), (1.0, 1, 0.8, 0.8, 4e-3), (5.0, 0, 0.99, 0.9, 5e-3), (5.0, 1, 0.6, 0.9, 6e-3)]
    rows = best_weight(pd.DataFrame(lines, columns=["weight", "seed", "validation_r2", "area_r2", "test_mse"]))
    assert value_of(rows, "contractive", "weight") == 1.0, "though 5 is better on the test set"
    assert value_of(rows, "contractive", "area_r2", 1) == 0.8
    assert value_of(rows, "contractive", "test_mse", 0) == 3e-3


def test_experiment(pair, disks, complete):
    penalised = {name: VARIANTS[name] for name in ("low", "high", "averaging")}
    changes = {"linear_encoder": {"linear_encoder": True}}
    networks = {name: pair(**changes.get(name, {"init": "averaging"})) for name in [*PLAIN, *penalised]}
    findings = experiment(networks, penalised, disks)
    each = ("code_radius_pearson", "code_area_pearson", "area_r2", "contraction")
    measures = dict.fromkeys(networks, each) | {"contractive": ("area_r2", "test_mse")}
    assert complete(findings, measures, ["code.png", "trade_off.png"]) == {"contractive.weight"}
    table = findings.tables["contractive_trade_off"]
    assert list(table["weight"]) == [0.1, 0.1, 10.0, 10.0] and list(table["seed"]) == [0, 1, 0, 1]
    assert table["area_r2"][1] == value_of(findings.rows, "low", "area_r2", 1)
    codes = respond(networks["high"][0], disks.validation).codes[:, 0]
    assert table["validation_r2"][2] == pytest.approx(pearson(codes, disks.validation_radii**2) ** 2)
