"""Training of the networks of the position chapter, with the seeds in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from latentspace.nn import distributed, models
from latentspace.nn.fit import fit
from latentspace.nn.objective import Objective
from latentspace.pipeline.compute import CPU, Compute
from latentspace.pipeline.measured import Measured
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.workers import side_by_side
from latentspace.position.jobs import Job, N
from latentspace.position.networks import (
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

Curve = list[dict[str, float]]


def build(job: Job[N]) -> tuple[N, Objective]:
    """Build and initialise the job's network; returns it and its objective."""
    network = job.network(**job.config)
    return network, _initialised(network, job)


def _initialised(network: nn.Module, job: Job[N]) -> Objective:
    """Draw the initial weights of `network`; returns its objective.

    Raises:
        TypeError: if there is no objective for networks of this class.
    """
    if isinstance(network, PositionEncoder):
        initialise_positive(network, job.seed)
        return LabelObjective(network)
    if isinstance(network, PositionAutoencoder):
        initialise(network, job.seed)
        if job.start == "averaging":
            initialise_averaging(network, job.seed)
        return AutoencoderObjective(network, job.encoder_rate)
    if isinstance(network, PositionDecoder | CoordConvDecoder):
        initialise(network, job.seed)
        return DecoderObjective(network)
    raise TypeError(f"no objective for a {type(network).__name__}")


def train(job: Job[N], compute: Compute = CPU, checkpoints: Path | None = None) -> tuple[N, Curve]:
    """Train one job by `nn.fit.fit`; raises `Diverged`.

    Args:
        job: network, positions and schedule.
        compute: device and arithmetic.
        checkpoints: folder of the checkpoints of all jobs.

    Returns:
        The network in evaluation mode, and its curve.
    """
    network, objective = build(job)
    folder = checkpoints / f"{job.name}_{job.seed}" if checkpoints else None
    label = f"{job.name} seed {job.seed}"
    data = (torch.as_tensor(job.positions, dtype=torch.float32),)
    curve = fit(objective, data, job.training, seed=job.seed, compute=compute, checkpoints=folder, label=label)
    return network.eval(), curve


def train_and_record(run: Stage, jobs: Sequence[Job[N]], folder: str) -> None:
    """Body of a training stage: train all jobs, save the networks as `folder`/name/seed_*, record the curves.

    The first job's network is attached to the run, with example inputs.
    """
    results = train_jobs(jobs, run.compute, run.checkpoints)
    for job, network, _ in results:
        models.save(network, run.output(f"{folder}/{job.name}") / f"seed_{job.seed}.safetensors")
    run.curves(by_name([{"seed": job.seed, "name": job.name, **row} for job, _, curve in results for row in curve]))
    run.metrics([Measured(job.name, "train_loss", curve[-1]["loss"], job.seed) for job, _, curve in results])
    first = jobs[0]
    run.model(first.name, f"{folder}/{first.name}/seed_{first.seed}.safetensors", example(first))


def train_jobs(jobs: Sequence[Job[N]], compute: Compute, checkpoints: Path) -> list[tuple[Job[N], N, Curve]]:
    """Train all jobs, with one process per seed that trains its jobs in turn."""
    # Not one process per job: twenty processes on two cores evict each other's data from the caches.
    by_seed = [[job for job in jobs if job.seed == seed] for seed in sorted({job.seed for job in jobs})]
    distributed.prepare()
    groups = side_by_side(partial(_train_one_by_one, compute, checkpoints), by_seed)
    return [result for group in groups for result in group]


def _train_one_by_one(compute: Compute, checkpoints: Path, jobs: Sequence[Job[N]]) -> list[tuple[Job[N], N, Curve]]:
    return [(job, *train(job, compute, checkpoints)) for job in jobs]


def example(job: Job[N]) -> Tensor:
    """Two example inputs of the job's network: positions, shape (2, d), or for an autoencoder the Diracs there."""
    positions = torch.as_tensor(job.positions[:2], dtype=torch.float32)
    size = job.config["image_size"]
    assert isinstance(size, int)
    return dirac(positions, size) if issubclass(job.network, PositionAutoencoder) else positions


def by_name(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Curves with one column of losses per name: rows with seed, step in per cent, and the names."""
    import pandas as pd

    table = pd.DataFrame(rows)
    table["step"] = (100 * table["step"] / table.groupby("name")["step"].transform("max")).round()
    wide = table.pivot_table(index=["seed", "step"], columns="name", values="loss", aggfunc="last")
    return wide.ffill().reset_index().to_dict("records")
