"""The experiment on learnt taps; its Adam is torch's."""

import numpy as np
import pytest

from latentspace.pipeline.measured import value_of
from latentspace.position import taps
from latentspace.position.encoder import LearntEncoder, adam, encoder_numbers, experiment, stall, stall_figure
from latentspace.position.params import LBFGS, Adam, Encoder

SECTION = Encoder(
    levels=[3, 4],
    levels_2d=[2, 3],
    test_positions=25,
    lbfgs=LBFGS(evaluations=300, memory=20),
    adam=Adam(levels=3, steps=30, learning_rate=0.05),
)


def test_full_batch_adam_is_torchs():
    import torch

    start = taps.positive_taps(3, 1, seed=0)
    curve = adam(start, Adam(levels=3, steps=5, learning_rate=0.1))
    values = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.Adam([values], betas=(0.9, 0.999), eps=1e-8)
    for step, observed in enumerate(curve, start=1):
        error, gradient = taps.loss(values.detach().numpy(), taps.target(3, 1) / 8)
        assert observed == pytest.approx(8 * np.sqrt(error))
        values.grad = torch.tensor(gradient)
        optimizer.param_groups[0]["lr"] = 0.1 * (1 + np.cos(np.pi * step / 5)) / 2
        optimizer.step()


def test_numbers_of_the_exact_encoder_are_zero():
    exact = taps.Learnt(np.stack([taps.reference(1)] * 4), [3.0, 2.0, 0.0])
    rows = encoder_numbers(LearntEncoder(1, 4, 7, exact, 0.25))
    assert [row.key for row in rows] == [f"trained.{name}_L4/seed_7" for name in ("rmse_px", "tap_error", "iterations")]
    assert [row.value for row in rows] == [0.25, 0.0, 2.0]


def test_the_stall_has_a_curve_per_optimizer_start_and_seed():
    curves = stall(SECTION, [0, 2])
    assert list(curves) == [("adam", "positive"), ("adam", "random"), ("lbfgs", "positive"), ("lbfgs", "random")]
    assert all(list(by_seed) == [0, 2] for by_seed in curves.values())
    assert len(curves["adam", "random"][0]) == 30
    assert curves["lbfgs", "positive"][0][0] == pytest.approx(curves["adam", "positive"][0][0]), "from the same taps"
    (axes,) = stall_figure(curves, 3).axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["Adam, positive taps", "Adam, random taps", "L-BFGS, positive taps", "L-BFGS, random taps"]


def test_experiment(complete):
    findings = experiment(SECTION, [0, 1])
    each = ("rmse_px", "tap_error", "iterations")
    measures = {
        "trained": [f"{name}_L{levels}" for name in each for levels in (3, 4)],
        "trained_2d": [f"{name}_L{levels}" for name in each for levels in (2, 3)],
    }
    measures |= {f"stall.{o}_{s}": ["rmse_px_L3"] for o in ("adam", "lbfgs") for s in ("positive", "random")}
    assert not complete(findings, measures, ["taps.png", "taps_2d.png", "stall.png"])
    assert value_of(findings.rows, "trained", "rmse_px_L4", 0) < 1e-6
