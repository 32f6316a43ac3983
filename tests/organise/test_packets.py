"""Packets of components on translated disks."""

import numpy as np

from latentspace.organise.coded import Coded
from latentspace.organise.packets import VARIANTS, experiment, scores

from .samples import Means, black_images, drawn, keys, linear


def test_packets_are_scored_by_what_a_linear_map_reads():
    x, y, radius = np.random.default_rng(0).normal(size=(3, 50))
    data = black_images({"x": x, "y": y, "radius": radius})
    errors = [0.75, 0.5, 0.25]
    found = scores(Coded(Means(), np.column_stack([x + y, x - y, radius]), errors), data)
    assert abs(found["translation_r2"] - 1) < 1e-9 and abs(found["radius_r2"] - 1) < 1e-9
    split = scores(Coded(Means(), np.column_stack([x, radius, y]), errors), data)
    assert 0.45 < split["translation_r2"] < 0.6 and split["translation_r2_all"] > 1 - 1e-9


def test_the_first_variant_is_called_packets():
    data = drawn("disks")
    findings = experiment({name: {0: linear(data, 3)} for name in VARIANTS}, data)
    assert {row.method for row in findings.rows} == {"packets", "packets_1_2", "packets_1_1_1"}
    assert "packets.translation_r2_all/seed_0" in keys(findings) and "packets_1_2.mse_k3/seed_0" in keys(findings)
    assert set(findings.pictures) == {"factors.png", "traversals.png"}
    assert findings.summary.startswith("packets.translation_r2 ")
