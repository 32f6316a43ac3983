"""Errors of encoders that halve the length in other ways, on constructed networks and a short training."""

import numpy as np
import pytest
import torch
from scipy import optimize

from latentspace.pipeline.measured import value_of
from latentspace.position import dataset
from latentspace.position.ablation import (
    Halved,
    _loss_of_taps,
    ablation_numbers,
    better,
    experiment,
    label_errors,
    layers_figure,
    rms,
    train_lbfgs,
)
from latentspace.position.filters import PHI
from latentspace.position.jobs import Job
from latentspace.position.networks import PositionEncoder
from latentspace.position.params import LBFGS, Ablation
from latentspace.position.train import build


def exact(levels=3, factor=1.0):
    network = PositionEncoder(levels, "stride").double()
    with torch.no_grad():
        network.taps.copy_(torch.tensor([PHI] * levels) / 2)  # 2^L E(δ_a) = 2^L − a
        network.taps[-1] *= factor
    return network


def halved(error):
    return Halved(exact(), np.array([error, -error]))


def test_lbfgs_finds_the_strided_encoder(training):
    config = {"levels": 4, "halving": "stride"}
    job = Job("x", 0, PositionEncoder, config, dataset.continuous(64, 16, 1, 0), training())
    network = train_lbfgs(job, LBFGS(evaluations=500, memory=20))
    answers = network(torch.eye(16, dtype=torch.float64)).detach().numpy()
    assert np.allclose(16 * answers, 16 - np.arange(16), atol=1e-5)


@pytest.mark.parametrize("halving", ["stride", "average_pool", "even_filter"])
def test_gradient_by_differences(halving, training):
    a = dataset.continuous(9, 8, 1, 0)
    network, objective = build(Job("x", 0, PositionEncoder, {"levels": 3, "halving": halving}, a, training()))
    value = _loss_of_taps(network, objective.double(), torch.as_tensor(a))
    start = network.taps.detach().flatten().numpy().copy()
    assert optimize.check_grad(lambda p: value(p)[0], lambda p: value(p)[1], start) < 1e-6
    assert value(start)[0] == pytest.approx(np.square(label_errors(network, a) / 8).mean())


def test_label_errors_of_the_exact_encoder_and_of_one_that_answers_double():
    a = dataset.held_out(30, 8, 1)
    assert np.abs(label_errors(exact(), a)).max() < 1e-12
    assert np.allclose(label_errors(exact(factor=2.0), a), 8 - a[:, 0])


def test_rms():
    assert rms(np.array([3.0, -4.0, 0.0, 0.0])) == pytest.approx(2.5)


def test_the_better_optimizer_counts_seed_by_seed():
    found = {"adam": {0: halved(1.0), 1: halved(0.1)}, "lbfgs": {0: halved(0.5), 1: halved(2.0)}}
    assert better(found, 0) is found["lbfgs"][0] and better(found, 1) is found["adam"][1]
    stride = {"adam": {0: halved(0.25), 1: halved(3.0)}, "lbfgs": {0: halved(0.75), 1: halved(1e-12)}}
    rows = ablation_numbers({"stride": stride, "max_pool": found})
    assert value_of(rows, "max_pool.adam", "rmse_px", 0) == 1.0
    assert value_of(rows, "max_pool", "rmse_px", 0) == 0.5


def test_layers_are_drawn_a_row_per_network_relative_to_their_largest_output():
    figure = layers_figure({"a": exact(4), "b": exact(4, 3.0)}, 8)
    assert [axes.get_title() for axes in figure.axes] == [f"{n}, layer {k}" for n in "ab" for k in range(1, 5)]
    for axes in figure.axes:
        assert max(line.get_ydata().max() for line in axes.lines) == pytest.approx(1)
    last = [line.get_ydata()[0] for line in figure.axes[7].lines]
    assert np.allclose(last, [8 / 8, 7 / 8, 6 / 8, 5 / 8]), "2^L − a for a = 8 … 11"


def test_experiment(training, complete):
    section = Ablation(
        levels=4,
        train_positions=16,
        test_positions=25,
        lbfgs=LBFGS(evaluations=200, memory=10),
        training=training(20),
    )
    findings = experiment(section, [0, 1])
    ways = ("stride", "max_pool", "average_pool", "even_filter")
    measures = {f"{way}.{optimizer}": ["rmse_px"] for way in ways for optimizer in ("adam", "lbfgs")}
    measures |= dict.fromkeys(ways, ("rmse_px",))
    assert not complete(findings, measures, ["errors.png", "max_pool.png"])
    assert value_of(findings.rows, "stride", "rmse_px", 0) < 1e-3 < value_of(findings.rows, "max_pool", "rmse_px", 0)
