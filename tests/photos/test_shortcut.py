"""The fitted convolution and its PSNR."""

import pytest
import torch

from latentspace.photos.shortcut import Shortcut, fit_shortcut, psnr


def test_the_shortcut_recovers_a_convolution():
    torch.manual_seed(0)
    true = Shortcut(torch.randn(12, 4, 3, 3), torch.randn(12))
    features = torch.randn(20, 4, 6, 6)
    fitted = fit_shortcut(features, true(features), ridge=1e-9)
    torch.testing.assert_close(fitted.weight, true.weight, rtol=0, atol=1e-3)
    torch.testing.assert_close(fitted.bias, true.bias, rtol=0, atol=1e-3)
    assert psnr(true(features) / 9, fitted(features) / 9) > 60
    damped = fit_shortcut(features, true(features), ridge=1e3)
    assert float(damped.weight.abs().max()) < 0.05


def test_psnr_of_a_known_error():
    assert psnr(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.2)) == pytest.approx(20.0, abs=1e-4)
