"""Trainings of the autoencoders of Diracs (slides 24-28): networks, positions and schedules."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from latentspace.position.dataset import continuous
from latentspace.position.jobs import Job, Start
from latentspace.position.networks import PositionAutoencoder
from latentspace.position.params import Autoencoder

# Autoencoders by name: d, and the initialisation of the encoder. The first is attached to the run.
AUTOENCODERS: dict[str, tuple[int, Start]] = {
    "line": (1, "averaging"),
    "line_random": (1, "random"),
    "image": (2, "averaging"),
    "image_random": (2, "random"),
}


def autoencoder_jobs(section: Autoencoder, seeds: Sequence[int]) -> list[Job[PositionAutoencoder]]:
    """Jobs for autoencoders of Diracs on lines (d = 1) and in images (d = 2), with both initialisations, by seed."""
    return [_autoencoder_job(section, name, seed) for seed, name in product(seeds, AUTOENCODERS)]


def _autoencoder_job(section: Autoencoder, name: str, seed: int) -> Job[PositionAutoencoder]:
    dimensions, start = AUTOENCODERS[name]
    place = section.line if dimensions == 1 else section.image
    config: dict[str, object] = {"image_size": place.image_size, "dimensions": dimensions, "widths": place.widths}
    config["encoder_width"] = section.encoder_width
    positions = continuous(section.positions, place.image_size, dimensions, seed)
    return Job(name, seed, PositionAutoencoder, config, positions, section.training, section.encoder_rate, start)
