"""The trainings of tests/nn/test_distributed.py, on one process or, below torchrun, on two; process 0 saves them."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from latentspace.gan.neighbourhood import Neighbourhood
from latentspace.gan.network import Generator
from latentspace.gan.rendering import PlacedGenerator, sample
from latentspace.pca.errors import ErrorThrough
from latentspace.pca.growth import Growth, grow
from latentspace.pca.networks import DenseNetwork
from latentspace.pca.settings import Settings
from latentspace.pipeline.params import Training, parse
from latentspace.pipeline.workers import rank
from latentspace.pretraining import progressive
from latentspace.pretraining.recipe import Recipe

BATCH = 64


def weights(network: nn.Module, name: str) -> dict[str, Tensor]:
    return {f"{name}.{key}": value.clone() for key, value in network.state_dict().items()}


def through_generator(folder: Path, penalty: str) -> dict[str, Tensor]:
    """Two components of a neighbourhood, with noise, a penalty and the decoder settling alone."""
    torch.manual_seed(0)
    generator = Generator(8, [6, 4]).eval().fold()
    place = Neighbourhood(torch.randn(8), 0.5)
    data = sample(generator, place, 256, seed=0)
    training = Training(
        steps=6, batch_size=BATCH, learning_rate=0.01, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=4
    )
    settings = {"packet_sizes": [1, 2], "weight": 1.0, "penalty": penalty, "code_noise": 0.1, "settle": 0.3}
    growth = Growth(
        partial(DenseNetwork, 8, 6),
        lambda components: DenseNetwork(components, 6, 8),
        ErrorThrough(PlacedGenerator(generator, place), data.variance),
        parse(Settings, settings),
        training,
        seed=1,
        checkpoints=folder / penalty,
    )
    model, curve = grow((data.offsets, data.images), growth)
    # Not the weights: normalisation takes the encoder's last bias out, so that Adam moves it by rounding errors alone.
    codes = model.encode(data.offsets).detach()
    losses = torch.tensor([row["loss"] for row in curve])
    return {f"{penalty}.{name}": value for name, value in {"codes": codes, "loss": losses}.items()} | {
        f"{penalty}.outputs_{k}": model.decode(codes[:, :k]).detach() for k in (1, 3)
    }


def pretraining(folder: Path) -> dict[str, Tensor]:
    """A generator of 8 × 8 pixels, through both scales and the fade between them."""
    scales = [
        {"width": 6, "batch": 16, "fade": 0, "steady": 64, "r1": 0.1},
        {"width": 4, "batch": 16, "fade": 32, "steady": 64, "r1": 0.1},
    ]
    recipe = parse(
        Recipe,
        {
            "latent": 8,
            "scales": scales,
            "learning_rate": 1e-3,
            "betas": [0.0, 0.99],
            "decay": 0.5,
            "r1_every": 2,
            "average": 100,
            "average_ramp": 0.5,
            "checkpoint_every": 4,
        },
    )
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), dtype=np.uint8)
    state = progressive.train(images, recipe, seed=2, checkpoints=folder / "pretraining")
    return weights(state.average, "average") | weights(state.discriminator, "discriminator")


def results(folder: Path) -> dict[str, Tensor]:
    return (
        through_generator(folder, "covariance")
        | through_generator(folder, "distance_correlation")
        | pretraining(folder)
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = results(folder)
    if rank() == 0:
        torch.save(found, folder / "results.pt")
