"""Results of a training: models, curves and test errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from latentspace.images import image_set
from latentspace.images.image_set import ImageSet
from latentspace.nn import models
from latentspace.nn.latent import LatentModel
from latentspace.pipeline.measured import Measured
from latentspace.pipeline.stage import Stage

Curve = Sequence[Mapping[str, float]]


def save_and_record(run: Stage, trained: Mapping[int, tuple[LatentModel, Curve]], data: ImageSet, folder: str) -> None:
    """Save trained models, by seed, in `folder`, and record their curves and test errors per pixel."""
    test = torch.from_numpy(image_set.to_batch(data.test))
    models.save_seeds({seed: model for seed, (model, _) in trained.items()}, run.output(folder))
    run.curves([{"seed": seed, **row} for seed, (_, curve) in trained.items() for row in curve])
    errors = {seed: float((model.reconstruct(test) - test).square().mean()) for seed, (model, _) in trained.items()}
    run.metrics([Measured("", "test_mse", error, seed) for seed, error in errors.items()])
    run.model("autoencoder", f"{folder}/seed_{min(trained)}.safetensors", test[:2])
    run.say("test MSE per pixel " + ", ".join(f"{error:.2e}" for error in errors.values()))
