"""The training loop: one-cycle Adam over a data set in memory, with checkpoints and exact resume.

All randomness in a step comes from (seed, step) alone, so the state of a run consists of its weights, its optimizer and
the number of the step: a run that is killed and resumed ends with the same bytes as an uninterrupted one. Several
processes share every batch (nn/distributed.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import torch
from torch import Tensor, nn
from tqdm import tqdm

from latentspace.nn import distributed, memory
from latentspace.nn.objective import Objective
from latentspace.nn.rows import Rows
from latentspace.nn.streams import batch_indices, stream
from latentspace.pipeline.compute import CPU, Compute
from latentspace.pipeline.files import atomic
from latentspace.pipeline.params import Training
from latentspace.pipeline.tracking import live
from latentspace.pipeline.workers import rank

if TYPE_CHECKING:
    from lightning_fabric import Fabric

HISTORY_ROWS = 100  # approximate number of points of a curve, whatever the number of steps


RESIDENT = 2**30  # bytes, the largest tensor that is kept on the device


@dataclass(eq=False)  # not frozen, as Python sets an exception's traceback
class Diverged(ValueError):
    """The loss became NaN or infinite."""

    step: int
    seed: int

    def __str__(self) -> str:
        return (
            f"training diverged: loss is not finite at step {self.step} (seed {self.seed}); the last good checkpoint "
            "is kept; a smaller learning_rate usually helps"
        )


def one_cycle(step: int, training: Training) -> float:
    """Learning rate at `step`: cosine rise from 1/25 of the peak, then fall to 1e-4 of that start (Smith and Topin)."""
    peak, turn = training.learning_rate, training.warmup * training.steps
    low, part = (
        (peak / 25, 1 - step / turn) if step < turn else (peak / 25e4, (step - turn) / max(training.steps - turn, 1))
    )
    return low + (peak - low) * (1 + math.cos(math.pi * part)) / 2


@memory.kept()
def fit(
    objective: Objective,
    data: tuple[Rows, ...],
    training: Training,
    *,
    seed: int,
    compute: Compute = CPU,
    checkpoints: Path | None = None,
    label: str = "",
) -> list[dict[str, float]]:
    """Train `objective` in place; returns the curve, rows ``{"step", "learning_rate", "loss", ...parts}``.

    Args:
        objective: the network with its loss, initialised by the caller.
        data: rows of equal number n; `objective` is called with the same ones of each. They are kept on the device, but
            more than 1 GiB of them, which may be a mapped file, are moved batch by batch.
        training: schedule and batch size, over all processes.
        seed: of the batches.
        compute: device and arithmetic.
        checkpoints: folder of this run's checkpoints; training resumes from the newest undamaged one.
        label: name beside the progress bar, which is shown on terminals only.

    Raises:
        ValueError: if the processes cannot share the batch evenly.
        Diverged: if the loss becomes NaN or infinite; the last checkpoint is kept.
    """
    distributed.check_batch(training.batch_size)
    fabric = distributed.start(compute.device, compute.of_autoencoders)
    wrapped, optimizer = fabric.setup(objective, adam(objective, training))
    data = tuple(rows if rows.nbytes > RESIDENT else fabric.to_device(rows) for rows in data)
    start, history = resume(checkpoints, objective, optimizer)
    shown = live.Curve(checkpoints, history)
    for step in progress(range(start, training.steps), training.steps, label):
        rate, last = one_cycle(step, training), step + 1 == training.steps
        set_rate(optimizer, rate)
        chosen = distributed.shard(batch_indices(len(data[0]), training.batch_size, seed, step))
        torch.manual_seed(stream(seed, step))
        losses = train_step(fabric, wrapped, optimizer, tuple(rows[chosen.to(rows.device)] for rows in data))
        if last or step % max(1, training.steps // HISTORY_ROWS) == 0:
            history.append(curve_row(step, rate, losses, seed))
        shown.follow(step, losses)
        if checkpoints and ((step + 1) % training.checkpoint_every == 0 or last):
            save_checkpoint(checkpoints, objective, optimizer, step + 1, history)
    objective.to("cpu")
    return history


def progress(steps: range, total: int, label: str) -> Iterable[int]:
    """The steps, with a progress bar on a terminal."""
    return tqdm(steps, label, total, initial=steps.start, disable=None, leave=False, mininterval=0.5)


def train_step(
    fabric: Fabric, objective: nn.Module, optimizer: torch.optim.Optimizer, batch: tuple[Tensor, ...]
) -> Mapping[str, Tensor]:
    """One optimizer step on a batch; returns the loss and its parts."""
    losses: Mapping[str, Tensor] = objective(*map(fabric.to_device, batch))
    optimizer.zero_grad()
    fabric.backward(losses["loss"])
    optimizer.step()
    return losses


def adam(objective: Objective, training: Training) -> torch.optim.Optimizer:
    """Adam for the objective's parameter groups."""
    betas = (training.betas[0], training.betas[1])
    return torch.optim.Adam(objective.parameter_groups(), lr=training.learning_rate, betas=betas, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group to `rate` times the group's scale."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]


def curve_row(step: int, rate: float, losses: Mapping[str, Tensor], seed: int) -> dict[str, float]:
    """A row of the training curve; raises Diverged if its loss is NaN or infinite."""
    row = {"step": float(step), "learning_rate": rate, **distributed.averaged(dict(losses))}
    if not math.isfinite(row["loss"]):
        raise Diverged(step, seed)
    return row


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain values atomically."""
    # Through a Python stream, as PyTorch's own does not report a full disk.
    with atomic(path) as temporary, temporary.open("wb") as out:
        torch.save(dict(state), out)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a state written by `write_checkpoint`; raises an exception of any type if a byte of it has changed."""
    with ZipFile(path) as archive:
        if broken := archive.testzip():  # PyTorch reads tensors without comparing their checksums
            raise BadZipFile(f"{broken} has changed")
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def save_checkpoint(
    folder: Path, objective: nn.Module, optimizer: torch.optim.Optimizer, step: int, history: list[dict[str, float]]
) -> None:
    """Write the state after `step` steps atomically; keeps the last two checkpoints."""
    if rank() > 0:
        return
    state = {
        "objective": objective.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "history": history,
    }
    write_checkpoint(folder / f"{step:08d}.pt", state)
    for old in sorted(folder.glob("[0-9]*.pt"))[:-2]:
        old.unlink()


def resume(
    folder: Path | None, objective: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, list[dict[str, float]]]:
    """Load the newest undamaged checkpoint in `folder`.

    Returns:
        The number of steps done and the curve so far; (0, []) if there is no checkpoint.
    """
    for path in sorted(folder.glob("[0-9]*.pt"), reverse=True) if folder else []:
        try:
            state = read_checkpoint(path)
            objective.load_state_dict(state["objective"])
            optimizer.load_state_dict(state["optimizer"])
        except Exception as error:  # a damaged file can fail in any way
            print(
                f"warning: {path}: damaged ({type(error).__name__}); falling back to the checkpoint before", flush=True
            )
            path.replace(path.with_suffix(".damaged"))
            continue
        return int(state["step"]), list(state["history"])
    return 0, []
