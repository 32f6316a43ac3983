"""The reconstruction experiment, and its errors on constructed answers."""

import numpy as np
import pytest

from latentspace.images.shapes import Disk
from latentspace.pipeline.measured import value_of
from latentspace.size.measures import Response
from latentspace.size.reconstruction import VARIANTS, errors, experiment, residuals


def test_errors_of_outputs_that_are_a_tenth_of_a_pixel_too_large(disks):
    outputs = Disk().draw(disks.test_radii + 0.1, 16, 0.5).astype(float)
    rows = errors("x", {3: Response(np.zeros((24, 1)), outputs)}, disks)
    assert value_of(rows, "x", "radius_error_px", 3) == pytest.approx(0.1, abs=0.02)
    assert value_of(rows, "x", "test_mse", 3) == pytest.approx(np.square(outputs - disks.test).mean())


def test_residuals_are_per_image(disks):
    found = residuals({"x": Response(np.zeros((24, 1)), disks.test + 0.1)}, disks.test)
    assert np.allclose(found["x"], np.full(24, 0.01))


def test_experiment(pair, disks, complete):
    changes = {"linear_encoder": {"linear_encoder": True}, "code_2": {"code_size": 2}, "code_4": {"code_size": 4}}
    findings = experiment({name: pair(**changes.get(name, {})) for name in VARIANTS}, disks)
    measures = dict.fromkeys(VARIANTS, ("test_mse", "radius_error_px"))
    assert not complete(findings, measures, ["strip.png", "code_size.png"])
