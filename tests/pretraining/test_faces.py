"""Faces: the fitted shortcut, its PSNR, the record."""

import numpy as np
import pytest
import torch

from latentspace.images.labelled import without_factors
from latentspace.pretraining import faces


def test_the_shortcut_recovers_a_convolution():
    torch.manual_seed(0)
    true = faces.Shortcut(torch.randn(12, 4, 3, 3), torch.randn(12))
    features = torch.randn(20, 4, 6, 6)
    fitted = faces.fit_shortcut(features, true(features), ridge=1e-9)
    torch.testing.assert_close(fitted.weight, true.weight, rtol=0, atol=1e-3)
    torch.testing.assert_close(fitted.bias, true.bias, rtol=0, atol=1e-3)
    assert faces.psnr(true(features) / 9, fitted(features) / 9) > 60
    damped = faces.fit_shortcut(features, true(features), ridge=1e3)
    assert float(damped.weight.abs().max()) < 0.05


def test_psnr_of_a_known_error():
    assert faces.psnr(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.2)) == pytest.approx(20.0, abs=1e-4)


def test_the_experiment_records_the_psnr(tmp_path):
    found = faces.experiment(without_factors(np.zeros((3, 8, 8, 3), np.uint8)), 31.5)
    assert {row.key: row.value for row in found.rows} == {"shortcut_psnr": 31.5}
    found.pictures["examples.png"].save(tmp_path / "examples.png")
