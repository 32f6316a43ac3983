"""Train the networks of the position chapter, all seeds and variants side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy
import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import distributed, models
from latentspace.core.compute import CPU, Compute
from latentspace.core.fit import fit
from latentspace.core.objective import Objective
from latentspace.core.parallel import side_by_side
from latentspace.core.params import Training
from latentspace.core.stage import Stage
from latentspace.position.dataset import Positions
from latentspace.position.network import (
    AutoencoderObjective,
    CoordConvDecoder,
    DecoderObjective,
    LabelObjective,
    PositionAutoencoder,
    PositionDecoder,
    PositionEncoder,
    dirac,
    initialise,
    initialise_averaging,
    initialise_positive,
)
from latentspace.position.params import LBFGS

Network = PositionDecoder | CoordConvDecoder | PositionAutoencoder | PositionEncoder


@dataclass(frozen=True)
class Job:
    """One training: a network built from its class and configuration, positions to learn from, a schedule, a seed."""

    name: str
    seed: int
    network: type[nn.Module]
    config: dict[str, object]
    positions: Positions
    training: Training
    encoder_rate: float = 1.0  # of an autoencoder, as is its encoder's start
    start: Literal["averaging", "random"] = "random"
    compute: Compute = CPU
    checkpoints: Path | None = None


def build(job: Job) -> tuple[Network, Objective]:
    """The job's network, freshly initialised, and its objective."""
    network = job.network(**job.config)
    if isinstance(network, PositionEncoder):
        initialise_positive(network, job.seed)
        return network, LabelObjective(network)
    assert isinstance(network, PositionDecoder | CoordConvDecoder | PositionAutoencoder)
    initialise(network, job.seed)
    if isinstance(network, PositionAutoencoder):
        if job.start == "averaging":
            initialise_averaging(network, job.seed)
        return network, AutoencoderObjective(network, job.encoder_rate)
    return network, DecoderObjective(network)


def train(job: Job) -> tuple[Network, list[dict[str, float]]]:
    """Train one job by `core.fit`; the network in evaluation mode, and its curve."""
    network, objective = build(job)
    folder = job.checkpoints / f"{job.name}_{job.seed}" if job.checkpoints else None
    label = f"{job.name} seed {job.seed}"
    data = (torch.as_tensor(job.positions, dtype=torch.float32),)
    curve = fit(objective, data, job.training, seed=job.seed, compute=job.compute, checkpoints=folder, label=label)
    return network.eval(), curve


def train_and_record(run: Stage, jobs: Sequence[Job], folder: str) -> None:
    """The body of a training stage: train all jobs, save the networks as `folder`/name/seed_*, record the curves.

    The first job's network is the one that the run shows, with an input of its kind.
    """
    placed = [replace(job, compute=run.compute, checkpoints=run.checkpoints) for job in jobs]
    # A process per seed, not per job: a score of processes on two cores spend much of their time evicting one another.
    by_seed = [[job for job in placed if job.seed == seed] for seed in sorted({job.seed for job in placed})]
    distributed.prepare()
    results = [result for group in side_by_side(_train_all, by_seed) for result in group]
    rows, last = [], {}
    for job, network, curve in results:
        models.save(network, run.output(f"{folder}/{job.name}") / f"seed_{job.seed}.safetensors")
        rows += [{"seed": job.seed, "name": job.name, **row} for row in curve]
        last[f"{job.name}.train_loss/seed_{job.seed}"] = curve[-1]["loss"]
    run.curves(by_name(rows))
    run.metrics(last)
    first = jobs[0]
    run.model(first.name, f"{folder}/{first.name}/seed_{first.seed}.safetensors", example(first))


def _train_all(jobs: Sequence[Job]) -> list[tuple[Job, Network, list[dict[str, float]]]]:
    return [(job, *train(job)) for job in jobs]


def example(job: Job) -> Tensor:
    """Two inputs of the job's network: positions of shape (2, d), or Diracs for one that encodes them."""
    positions = torch.as_tensor(job.positions[:2], dtype=torch.float32)
    size = job.config["image_size"]
    assert isinstance(size, int)
    return dirac(positions, size) if job.network is PositionAutoencoder else positions


def by_name(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Curves with one column of losses per training: rows of seed, step, and every name; steps as shares of 100."""
    import pandas as pd

    table = pd.DataFrame(rows)
    table["step"] = (100 * table["step"] / table.groupby("name")["step"].transform("max")).round()
    wide = table.pivot_table(index=["seed", "step"], columns="name", values="loss", aggfunc="last")
    return wide.ffill().reset_index().to_dict("records")


def train_lbfgs(job: Job, settings: LBFGS) -> PositionEncoder:
    """Train a job's encoder by L-BFGS on all its positions at once, in float64, from the same start as `train`.

    Returns:
        The encoder, in float64.
    """
    network, objective = build(job)
    assert isinstance(network, PositionEncoder)
    objective.double()
    positions = torch.as_tensor(job.positions, dtype=torch.float32).double()  # the positions that `train` sees

    def value(flat: Float[np.ndarray, " k"]) -> tuple[float, Float[np.ndarray, " k"]]:
        taps = torch.as_tensor(flat).view_as(network.taps)
        with torch.no_grad():
            network.taps.copy_(taps)
        error = objective(positions)["loss"]
        (gradient,) = torch.autograd.grad(error, [network.taps])
        return float(error.detach()), gradient.flatten().numpy()

    options: dict[str, float] = {
        "maxiter": settings.evaluations,
        "maxfun": settings.evaluations,
        "maxcor": settings.memory,
    }
    start = network.taps.detach().flatten().numpy()
    options |= {"ftol": 0.0, "gtol": 0.0}
    result = scipy.optimize.minimize(value, start, jac=True, method="L-BFGS-B", options=options)
    with torch.no_grad():
        network.taps.copy_(torch.as_tensor(result.x).view_as(network.taps))
    return network.eval()
