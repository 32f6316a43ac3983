"""Trainings of small networks: repeatable, each variant with its own data and schedule, recorded by the stage."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from latentspace.images import scaled
from latentspace.nn.models import load_seeds
from latentspace.pipeline.compute import CPU
from latentspace.pipeline.declaration import Declaration
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import Stage
from latentspace.size.measures import mse, respond
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.params import Network, Variant
from latentspace.size.train import train_and_record, train_seeds

NETWORK = Network(encoder_widths=[4, 3, 2], decoder_widths=[4, 3, 2], slope=0.2)
TRAINING = Training(steps=40, batch_size=8, learning_rate=1e-2, warmup=0.1, betas=[0.9, 0.9], checkpoint_every=40)


@pytest.fixture
def trained(disks, tmp_path_factory):
    def run(variant=None, seeds=(0,), data=disks):
        checkpoints = tmp_path_factory.mktemp("checkpoints")  # a new one each time, or the second run resumes the first
        return train_seeds(data, NETWORK, TRAINING, variant or Variant(), seeds, CPU, checkpoints)

    return run


def equal(first, second):
    return all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))


def test_training_lowers_the_loss_and_repeats_itself(trained):
    result, again = trained(), trained()
    assert result.curves[-1]["loss"] < 0.7 * result.curves[0]["loss"]
    assert equal(result.networks[0], again.networks[0])
    assert not result.networks[0].training


def test_each_seed_has_its_own_network_and_curve(trained):
    result = trained(seeds=(3, 5))
    assert list(result.networks) == [3, 5] and {row["seed"] for row in result.curves} == {3, 5}
    assert not equal(result.networks[3], result.networks[5])
    assert equal(result.networks[5], trained(seeds=(5,)).networks[5])


def test_a_variant_may_have_its_own_steps(trained):
    assert max(row["step"] for row in trained(Variant(steps=10)).curves) == 9
    assert max(row["step"] for row in trained().curves) == 39


def test_radii_in_the_hole_are_not_trained_on(trained, disks):
    holed = scaled.without_hole(disks, [2.0, 5.0])
    result = trained(Variant(hole=[2.0, 5.0]))
    assert equal(result.networks[0], trained(data=holed).networks[0])
    assert not equal(result.networks[0], trained().networks[0])


def test_the_stage_has_networks_curves_and_test_errors(disks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scaled.save(disks, Path("disks.npz"))
    outs = ("models/size/bias", "metrics/size_train/bias.json", "plots/size_train/bias.csv")
    params = {"seeds": [0, 1], "device": "cpu", "precision": "auto"}
    run = Stage("size_train@bias", Declaration(params, ("disks.npz",), outs))
    train_and_record(run, "disks.npz", NETWORK, TRAINING, Variant(min_seeds=3), "models/size/bias")
    run.check_used()
    networks = load_seeds(Path("models/size/bias"), [0, 1, 2], ShapeAutoencoder)
    errors = json.loads(Path("metrics/size_train/bias.json").read_text())
    for seed, network in networks.items():
        assert errors.pop(f"test_mse/seed_{seed}") == mse(respond(network, disks.test).outputs, disks.test)
    assert not errors
    curves = np.genfromtxt("plots/size_train/bias.csv", delimiter=",", names=True)
    assert set(curves["seed"]) == {0, 1, 2} and curves["step"].max() == 39
