"""Radius errors inside and outside a hole, on constructed answers and small networks."""

import numpy as np
import pytest

from latentspace.images.shapes import Disk
from latentspace.pipeline.measured import value_of
from latentspace.pipeline.params import Training
from latentspace.size.hole import errors, experiment, holes, radius_deviation
from latentspace.size.measures import Response
from latentspace.size.params import Network, TrainDisks, Variant

TRAINING = Training(steps=1, batch_size=2, learning_rate=1e-3, warmup=0.1, betas=[0.9, 0.9], checkpoint_every=1)


def test_holes_are_those_of_the_variants_that_have_one():
    network = Network(encoder_widths=[1], decoder_widths=[1], slope=0.1)
    variants = {"bias": Variant(), "hole_none": Variant(hole=[3, 5]), "hole_idle": Variant(hole=[1, 2])}
    study = TrainDisks(names=["bias"], network=network, training=TRAINING, variants=variants)
    assert holes(study) == {"hole_none": [3, 5], "hole_idle": [1, 2]}


def test_errors_inside_and_outside(disks):
    r = disks.test_radii
    wrong = r + np.where((r >= 3) & (r <= 5), 0.4, 0.0) + np.where(r < 3, 0.2, 0.0)
    by_seed = {4: Response(np.zeros((24, 1)), Disk().draw(wrong, 16, 0.5).astype(float))}
    rows = errors("x", by_seed, disks, [3.0, 5.0])
    assert value_of(rows, "hole.x", "radius_error_px", 4) == pytest.approx(0.4, abs=0.03)
    assert value_of(rows, "hole.x", "radius_error_outside_px", 4) == pytest.approx((0.2 + 0.0) / 2, abs=0.03)
    assert np.allclose(radius_deviation(by_seed, disks)[4][r > 2], (wrong - r)[r > 2], atol=0.05)


def test_experiment(pair, disks, complete):
    found = {"hole_none": [3.0, 5.0], "hole_l2_both": [2.0, 4.0]}
    findings = experiment({name: pair() for name in found}, found, disks)
    each = ("radius_error_px", "radius_error_outside_px")
    assert not complete(findings, {"hole.none": each, "hole.l2_both": each}, ["hole.png"])
    assert [axes.get_title() for axes in findings.pictures["hole.png"].axes] == [
        "no penalty",
        "L2 of encoder and decoder",
    ]
