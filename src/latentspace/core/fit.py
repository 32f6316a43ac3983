"""The one training loop: one-cycle Adam over a data set in memory, with checkpoints and exact resume.

Everything random in a step comes from (seed, step) and nothing else, so the state of a run is its weights, its
optimizer and a number; a run that is killed and repeated ends in the same bytes as one that was not. Several processes
share every batch (core/distributed.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from jaxtyping import Int
from torch import Tensor, nn
from tqdm import tqdm

from latentspace.core import distributed, memory
from latentspace.core.compute import CPU, Compute
from latentspace.core.files import atomic
from latentspace.core.objective import Objective
from latentspace.core.parallel import rank
from latentspace.core.params import Training

HISTORY_ROWS = 100  # a curve has about this many points, however long the run
RESIDENT = 2**30  # bytes of a tensor that is kept on the device as a whole


@dataclass(eq=False)  # frozen would keep Python from setting its traceback
class Diverged(ValueError):
    """The loss left the real numbers."""

    step: int
    seed: int

    def __str__(self) -> str:
        return (
            f"training diverged: loss is not finite at step {self.step} (seed {self.seed}); the last good checkpoint "
            "is kept; a smaller learning_rate usually mends it"
        )


def one_cycle(step: int, training: Training) -> float:
    """Learning rate at `step`: cosine rise from 1/25 of the peak, cosine fall to 1e-4 of that (Smith and Topin)."""
    peak, turn = training.learning_rate, training.warmup * training.steps
    low, part = (
        (peak / 25, 1 - step / turn) if step < turn else (peak / 25e4, (step - turn) / max(training.steps - turn, 1))
    )
    return low + (peak - low) * (1 + math.cos(math.pi * part)) / 2


def stream(seed: int, step: int) -> int:
    """Seed of the random numbers of one step: torch keeps 32 bits, which an odd multiplier spreads `seed` over."""
    return (seed * 0x9E3779B1 + step) % 2**32


def batch_indices(size: int, batch: int, seed: int, step: int) -> Int[Tensor, " batch"]:
    """One index drawn from each of `batch` equal slices of ``range(size)``, as a function of (seed, step).

    For a data set sorted by a factor the batch is stratified in that factor, which takes most of the noise out of the
    gradient; for one in random order it is a plain random batch.
    """
    generator = torch.Generator().manual_seed(stream(seed, step))
    offset = torch.rand(batch, generator=generator, dtype=torch.float64)
    return ((torch.arange(batch) + offset) * (size / batch)).long().clamp_(max=size - 1)


@memory.kept()
def fit(
    objective: Objective,
    data: tuple[Tensor, ...],
    training: Training,
    *,
    seed: int,
    compute: Compute = CPU,
    checkpoints: Path | None = None,
    label: str = "",
) -> list[dict[str, float]]:
    """Train `objective` in place.

    Args:
        objective: the network with its loss, initialised by the caller.
        data: training set, tensors of equal length n, such as images (n, channels, height, width) and what goes with
            each; `objective` is called with the same n' rows of each. Kept on the device, but for a tensor of more
            than 1 GiB, which may be a mapped file and goes there batch by batch.
        training: schedule and sizes; the batch is that of all processes together.
        seed: of the batches.
        compute: where, and in which arithmetic.
        checkpoints: folder of this run's checkpoints; resumes from the newest sound one.
        label: name shown beside the progress bar, which appears on terminals only.

    Returns:
        The training curve: rows ``{"step", "learning_rate", "loss", ...parts}``.

    Raises:
        ValueError: when the processes cannot share the batch evenly.
        Diverged: when the loss is not finite; the last checkpoint stays.
    """
    distributed.check_batch(training.batch_size)
    fabric = distributed.start(compute.device, compute.of_autoencoders)
    groups = objective.parameter_groups()
    optimizer = torch.optim.Adam(
        groups, lr=training.learning_rate, betas=(training.betas[0], training.betas[1]), fused=True
    )
    wrapped, optimizer = fabric.setup(objective, optimizer)
    data = tuple(tensor if tensor.nbytes > RESIDENT else fabric.to_device(tensor) for tensor in data)
    start, history = resume(checkpoints, objective, optimizer)
    every = max(1, training.steps // HISTORY_ROWS)
    bar = tqdm(total=training.steps, initial=start, desc=label, disable=None, leave=False, mininterval=0.5)
    for step in range(start, training.steps):
        rate = one_cycle(step, training)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        rows = distributed.mine(batch_indices(len(data[0]), training.batch_size, seed, step))
        torch.manual_seed(stream(seed, step))
        losses: Mapping[str, Tensor] = wrapped(*(fabric.to_device(tensor[rows.to(tensor.device)]) for tensor in data))
        optimizer.zero_grad()
        fabric.backward(losses["loss"])
        optimizer.step()
        last = step + 1 == training.steps
        if step % every == 0 or last:
            row = {"step": float(step), "learning_rate": rate, **distributed.averaged(dict(losses))}
            if not math.isfinite(row["loss"]):
                raise Diverged(step, seed)
            history.append(row)
        if checkpoints and ((step + 1) % training.checkpoint_every == 0 or last):
            save_checkpoint(checkpoints, objective, optimizer, step + 1, history)
        bar.update()
    bar.close()
    objective.to("cpu")
    return history


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain values, whole or not at all."""
    # Through a stream of Python's: PyTorch's own does not say that the disk is full.
    with atomic(path) as temporary, temporary.open("wb") as out:
        torch.save(dict(state), out)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `write_checkpoint` wrote; raises some exception if a byte of it has changed."""
    with ZipFile(path) as archive:
        if broken := archive.testzip():  # PyTorch reads tensors without comparing their checksums
            raise BadZipFile(f"{broken} has changed")
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def save_checkpoint(
    folder: Path, objective: nn.Module, optimizer: torch.optim.Optimizer, step: int, history: list[dict[str, float]]
) -> None:
    """Write the state after `step` steps, whole or not at all; keeps it and the one before."""
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
    """Load the newest sound checkpoint under `folder`: (steps done, curve so far); (0, []) when there is none."""
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
