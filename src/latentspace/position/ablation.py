"""Ablation of the stride: max pooling, average pooling or an even filter instead, at equal budget (slide 29)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import get_args

import numpy as np
import scipy
import torch
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.nn.objective import Objective
from latentspace.pipeline.measured import Findings, Measured, value_of
from latentspace.pipeline.workers import side_by_side
from latentspace.plots.naming import words
from latentspace.plots.style import Picture, axes_grid
from latentspace.position.dataset import Positions, continuous, held_out
from latentspace.position.jobs import Job
from latentspace.position.measures import diracs
from latentspace.position.networks import Halving, PositionEncoder
from latentspace.position.params import LBFGS, Ablation
from latentspace.position.train import build, train

Values = Float[np.ndarray, " m"]
SHOWN = ("stride", "average_pool", "even_filter", "max_pool")  # in the summary


@dataclass(frozen=True)
class Halved:
    """An encoder of the ablation, with its error at every test position, in pixels."""

    network: PositionEncoder
    errors: Values


ByOptimizer = Mapping[str, Mapping[int, Halved]]  # by optimizer, `adam` or `lbfgs`, and seed


def experiment(section: Ablation, seeds: Sequence[int]) -> Findings:
    """Train the encoder with every way of halving the length, and compare the errors with those of stride."""
    found = ablate(section, seeds)
    rows = ablation_numbers(found)
    first, positions = seeds[0], held_out(section.test_positions, 2**section.levels, 1)
    layers = {
        "stride": found["stride"]["lbfgs"][first].network,
        "max pooling": found["max_pool"]["lbfgs"][first].network,
    }
    errors = {name: value_of(rows, name, "rmse_px", first) for name in SHOWN}
    return Findings(
        rows,
        {
            "errors.png": positions_figure(found, positions, first),
            "max_pool.png": layers_figure(layers, 2 ** (section.levels - 1)),
        },
        summary=", ".join(f"{name} {error:.1e} px" for name, error in errors.items()),
    )


def ablate(section: Ablation, seeds: Sequence[int]) -> dict[str, dict[str, dict[int, Halved]]]:
    """Encoders by way of halving, optimizer (`adam`, `lbfgs`) and seed, from equal initial taps at equal budget."""
    plan = list(product(get_args(Halving), seeds))
    results = side_by_side(partial(_ablate_one, section), plan)
    found: dict[str, dict[str, dict[int, Halved]]] = {}
    for (halving, seed), by_optimizer in zip(plan, results, strict=True):
        for name, halved in by_optimizer.items():
            found.setdefault(halving, {}).setdefault(name, {})[seed] = halved
    return found


def _ablate_one(section: Ablation, item: tuple[str, int]) -> dict[str, Halved]:
    halving, seed = item
    size = 2**section.levels
    positions = continuous(section.train_positions, size, 1, seed)
    config: dict[str, object] = {"levels": section.levels, "halving": halving}
    job = Job(halving, seed, PositionEncoder, config, positions, section.training)
    test = held_out(section.test_positions, size, 1)
    trained = {"adam": train(job)[0].double(), "lbfgs": train_lbfgs(job, section.lbfgs)}
    return {name: Halved(network, label_errors(network, test)) for name, network in trained.items()}


def train_lbfgs(job: Job[PositionEncoder], settings: LBFGS) -> PositionEncoder:
    """Train a job's encoder by full-batch L-BFGS in float64, from the same initial taps as `train`.

    Returns:
        The encoder, in float64.
    """
    network, objective = build(job)
    objective.double()
    positions = torch.as_tensor(job.positions, dtype=torch.float32).double()  # rounded as in `train`
    start = network.taps.detach().flatten().numpy()
    value = _loss_of_taps(network, objective, positions)
    result = scipy.optimize.minimize(value, start, jac=True, method="L-BFGS-B", options=settings.options)
    _set_taps(network, result.x)
    return network.eval()


def _loss_of_taps(
    network: PositionEncoder, objective: Objective, positions: torch.Tensor
) -> Callable[[Float[np.ndarray, " k"]], tuple[float, Float[np.ndarray, " k"]]]:
    """Objective and gradient as a function of the flattened taps, which each call also sets in the network."""

    def value(flat: Float[np.ndarray, " k"]) -> tuple[float, Float[np.ndarray, " k"]]:
        _set_taps(network, flat)
        error = objective(positions)["loss"]
        (gradient,) = torch.autograd.grad(error, [network.taps])
        return float(error.detach()), gradient.flatten().numpy()

    return value


@torch.no_grad()
def _set_taps(network: PositionEncoder, flat: Float[np.ndarray, " k"]) -> None:
    network.taps.copy_(torch.as_tensor(flat).view_as(network.taps))


@torch.inference_mode()
def label_errors(network: PositionEncoder, positions: Positions) -> Values:
    """2^L E(δ_a) − (2^L − a) at every position, in pixels and float64; E is the network, whose output is relative."""
    size = 2 ** len(network.taps)
    answers = network(torch.as_tensor(diracs(positions, size))).numpy()
    return size * answers - (size - positions[:, 0])


def rms(errors: Values) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(errors).mean()))


def better(by_optimizer: ByOptimizer, seed: int) -> Halved:
    """The encoder of the optimizer with the smaller error, so that the comparison does not depend on the optimizer."""
    return min((by_seed[seed] for by_seed in by_optimizer.values()), key=lambda halved: rms(halved.errors))


def ablation_numbers(found: Mapping[str, ByOptimizer]) -> list[Measured]:
    """Rms errors in pixels by way of halving, optimizer and seed, and of the better optimizer."""
    rows = []
    for halving, by_optimizer in found.items():
        for name, by_seed in by_optimizer.items():
            rows += [Measured(f"{halving}.{name}", "rmse_px", rms(h.errors), seed) for seed, h in by_seed.items()]
        for seed in by_optimizer["adam"]:
            rows.append(Measured(halving, "rmse_px", rms(better(by_optimizer, seed).errors), seed))
    return rows


def positions_figure(found: Mapping[str, ByOptimizer], positions: Positions, seed: int) -> Picture:
    """Estimated over true positions, one panel per way of halving, with the better optimizer (slide 29)."""
    figure, axes = axes_grid(2, len(found), width=2.5, height=2.2)
    a = positions[:, 0]
    worst = 1.1 * max(np.abs(better(one, seed).errors).max() for one in found.values())
    for column, (halving, by_optimizer) in zip(axes.T, found.items(), strict=True):
        halved = better(by_optimizer, seed)
        size = 2 ** len(halved.network.taps)
        column[0].plot(a, size - a, color="k", lw=0.8, label="2^L − a")
        column[0].plot(a, size - a + halved.errors, color="C1", lw=1.2, label="network")
        column[0].set(title=f"{words(halving)}\nrms error {rms(halved.errors):.2g} px")
        column[1].plot(a, halved.errors, color="C1", lw=1)
        column[1].set(xlabel="position a (pixels)", ylim=(-worst, worst))
    axes[0, 0].set_ylabel("output")
    axes[1, 0].set_ylabel("error (pixels)")
    axes[0, 0].legend()
    return figure


def layers_figure(networks: Mapping[str, PositionEncoder], first: int, levels: int = 4) -> Picture:
    """Layer outputs for four neighbouring Diracs, one network per row, where max pooling loses the position.

    Args:
        networks: encoders of L ≥ `levels` layers, by their names in the titles.
        first: position of the first Dirac, in pixels.
        levels: number of layers shown.
    """
    shown = np.arange(first, first + 4, dtype=float)
    figure, axes = axes_grid(len(networks), levels, width=2.6, height=2.1)
    for line, (label, network) in zip(axes, networks.items(), strict=True):
        x = torch.as_tensor(diracs(shown[:, None], 2 ** len(network.taps)))
        with torch.inference_mode():
            outputs = [u.numpy() for u in network.layers(x)]
        for level, (cell, u) in enumerate(zip(line, outputs, strict=False), start=1):
            _layer(cell, u, shown, first / 2**level)
            cell.set_title(f"{label}, layer {level}")
    for cell in axes[-1]:
        cell.set_xlabel("place")
    for cell in axes[:, 0]:
        cell.set_ylabel("output / largest")
    axes[0, 0].legend(fontsize=7)
    return figure


def _layer(axes: Axes, u: Float[np.ndarray, "m n"], shown: Values, centre: float) -> None:
    """Outputs of one layer for every Dirac, near their positions."""
    for k, (a, values) in enumerate(zip(shown, u / np.abs(u).max(), strict=True)):
        axes.plot(values, "o-", ms=3, lw=1, color=f"C{k}", label=f"a = {a:.0f}")
    axes.set(xlim=(max(-0.5, centre - 3), min(u.shape[1] - 0.5, centre + 4)))
