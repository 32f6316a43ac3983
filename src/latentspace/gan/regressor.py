"""Training and accuracy of the network that estimates an avatar's factors from its image (slide 46)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.params import TrainRegressor
from latentspace.gan.regressor_network import Regressor
from latentspace.images.labelled import LabelledImages, centred
from latentspace.measures.regression import r2
from latentspace.nn.fit import fit
from latentspace.nn.objective import Objective
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.measured import Findings, measured


def experiment(regressor: Regressor, test: LabelledImages) -> Findings:
    """R² of every factor on held-out avatars, and the smallest of them."""
    images = centred(torch.from_numpy(test.images).permute(0, 3, 1, 2))
    found = np.column_stack(list(regressor.measure(images).values()))
    scores = dict(zip(test.names, map(float, r2(found, test.factors.astype(np.float64))), strict=True))
    values = {f"{name}_r2": score for name, score in scores.items()} | {"min_r2": min(scores.values())}
    summary = ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
    return Findings(measured("regressor", values), summary=summary)


class RegressorObjective(Objective):
    """Mean squared error of the factors, in units of their standard deviation, on images with added noise.

    Args:
        regressor: the network.
        noise: standard deviation of the noise, added as a generator's images are not noise-free.
    """

    def __init__(self, regressor: Regressor, noise: float) -> None:
        super().__init__()
        self.regressor, self.noise = regressor, noise

    def forward(self, images: Tensor, factors: Float[Tensor, "batch factors"]) -> dict[str, Tensor]:
        """Loss of a batch of images, 0 … 255, with their factors."""
        clean = images.float() / 127.5 - 1
        error = self.regressor(clean + self.noise * torch.randn_like(clean)) - factors
        return {"loss": (error / self.regressor.deviation).square().mean()}


def train_regressor(data: LabelledImages, section: TrainRegressor, checkpoints: Path, compute: Compute) -> Regressor:
    """Train a regressor of the factors of labelled images.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    images = torch.from_numpy(data.images).permute(0, 3, 1, 2).contiguous()
    factors = torch.from_numpy(data.factors)
    torch.manual_seed(0)
    regressor = Regressor(images.shape[-1], section.widths, data.names)
    regressor.fit_scale(factors)
    objective, rows = RegressorObjective(regressor, section.noise), (images, factors)
    fit(objective, rows, section.training, seed=0, compute=compute, checkpoints=checkpoints, label="regressor")
    return regressor.eval()
