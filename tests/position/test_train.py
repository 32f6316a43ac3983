"""Jobs are built, trained and recorded; curves have a column per training."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from latentspace.nn.models import load_seeds
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.declaration import Declaration
from latentspace.pipeline.stage import Stage
from latentspace.position import dataset
from latentspace.position.jobs import Job
from latentspace.position.networks import (
    AutoencoderObjective,
    CoordConvDecoder,
    DecoderObjective,
    LabelObjective,
    PositionAutoencoder,
    PositionDecoder,
    PositionEncoder,
    dirac,
)
from latentspace.position.train import build, by_name, example, train, train_and_record, train_jobs

LINE = {"image_size": 8, "dimensions": 1, "widths": [4, 4, 4, 4]}
A = dataset.continuous(25, 8, 1, 0)


def equal(first, second):
    return all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize(
    ("network", "config", "objective"),
    [
        (PositionDecoder, LINE, DecoderObjective),
        (CoordConvDecoder, LINE | {"widths": [4]}, DecoderObjective),
        (PositionAutoencoder, LINE | {"encoder_width": 3}, AutoencoderObjective),
        (PositionEncoder, {"levels": 3, "halving": "stride"}, LabelObjective),
    ],
)
def test_every_kind_of_network_has_its_objective_and_a_start_by_seed(network, config, objective, training):
    first, again, other = (build(Job("x", seed, network, config, A, training())) for seed in (0, 0, 1))
    assert type(first[0]) is network and type(first[1]) is objective
    assert equal(first[0], again[0]) and not equal(first[0], other[0])
    assert "loss" in first[1](torch.as_tensor(A, dtype=torch.float32))


def test_a_network_of_another_kind_is_refused(training):
    job = Job("x", 0, torch.nn.Linear, {"in_features": 1, "out_features": 1}, A, training())
    with pytest.raises(TypeError, match="no objective for a Linear"):
        build(job)


def test_the_averaging_start_is_that_of_the_job(training):
    config = LINE | {"encoder_width": 3}
    job = Job("x", 0, PositionAutoencoder, config, A, training(), 0.5, "averaging")
    network, objective = build(job)
    a = torch.as_tensor(A, dtype=torch.float32)
    assert torch.allclose(network.encode(dirac(a, 8)), 1 - a / 8, atol=1e-6)
    assert objective.encoder_rate == 0.5


@pytest.mark.parametrize("network", [PositionDecoder, PositionAutoencoder])
def test_the_example_is_an_input_of_the_network(network, training):
    config = {"image_size": 8, "dimensions": 2, "widths": [2, 2, 2, 2]}
    config |= {"encoder_width": 2} if network is PositionAutoencoder else {}
    job = Job("x", 0, network, config, dataset.continuous(16, 8, 2, 0), training())
    assert build(job)[0](example(job)).shape == (2, 8, 8)


def test_training_lowers_the_loss_and_repeats_itself(training):
    config = {"image_size": 8, "dimensions": 1, "widths": [8, 8, 8, 8]}
    job = Job("x", 0, PositionDecoder, config, dataset.continuous(64, 8, 1, 0), training(60))
    (network, curve), (again, _) = train(job), train(job)
    assert curve[-1]["loss"] < 0.5 * curve[0]["loss"]
    assert all(torch.equal(p, q) for p, q in zip(network.parameters(), again.parameters(), strict=True))


def test_jobs_of_several_seeds_are_trained_as_if_alone(training, tmp_path):
    jobs = [Job(name, seed, PositionDecoder, LINE, A, training()) for seed in (3, 1) for name in ("x", "y")]
    results = train_jobs(jobs, CPU, tmp_path)
    assert [(job.seed, job.name) for job, _, _ in results] == [(1, "x"), (1, "y"), (3, "x"), (3, "y")]
    for job, network, curve in results:
        alone, expected = train(job)
        assert equal(network, alone) and curve == expected


def test_curves_have_a_column_per_training_and_steps_in_percent():
    rows = [{"seed": 0, "name": "x", "step": step, "loss": 1 / (1 + step)} for step in (0, 5, 10)]
    rows += [{"seed": 0, "name": "y", "step": step, "loss": 7.0} for step in (0, 20)]
    table = by_name(rows)
    assert [list(row) for row in table] == [["seed", "step", "x", "y"]] * 3
    assert [row["step"] for row in table] == [0, 50, 100]
    assert [row["y"] for row in table] == [7.0, 7.0, 7.0], "missing steps repeat the loss before"
    assert table[1]["x"] == pytest.approx(1 / 6)


def test_the_stage_has_networks_curves_and_training_losses(training, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outs = ("models/position/decoder", "metrics/position_x.json", "plots/position_x.csv")
    run = Stage("position_x", Declaration({"device": "cpu", "precision": "auto"}, (), outs))
    jobs = [Job(name, seed, PositionDecoder, LINE, A, training()) for seed in (0, 1) for name in ("x", "y")]
    train_and_record(run, jobs, "models/position/decoder")
    run.check_used()
    losses = json.loads(Path("metrics/position_x.json").read_text())
    assert set(losses) == {f"{name}.train_loss/seed_{seed}" for name in ("x", "y") for seed in (0, 1)}
    for name in ("x", "y"):
        networks = load_seeds(Path(f"models/position/decoder/{name}"), [0, 1], PositionDecoder)
        assert not equal(networks[0], networks[1])
    curves = np.genfromtxt("plots/position_x.csv", delimiter=",", names=True)
    assert curves.dtype.names == ("seed", "step", "x", "y") and curves["step"].max() == 100
