"""Specification of one training of the position chapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from torch import nn

from latentspace.pipeline.params import Training
from latentspace.position.dataset import Positions

N = TypeVar("N", bound=nn.Module)


Start = Literal["averaging", "random"]


@dataclass(frozen=True)
class Job(Generic[N]):
    """One training.

    Attributes:
        name: of the network's folder, of its curve and in the metrics.
        seed: of the initial weights and the batches.
        network: class of the network.
        config: the constructor's arguments.
        positions: the training set, shape (m, d), in pixels.
        training: the schedule.
        encoder_rate: factor on the learning rate of an autoencoder's encoder.
        start: initialisation of an autoencoder's encoder.
    """

    name: str
    seed: int
    network: type[N]
    config: dict[str, object]
    positions: Positions
    training: Training
    encoder_rate: float = 1.0
    start: Start = "random"
