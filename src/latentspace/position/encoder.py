"""Encoder taps learnt from labelled positions by L-BFGS, and the stall of Adam (slide 27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from latentspace.pipeline.measured import Findings, Measured, measured
from latentspace.pipeline.workers import side_by_side
from latentspace.plots.style import Picture, axes_grid, bare
from latentspace.position import taps
from latentspace.position.dataset import held_out
from latentspace.position.filters import PHI
from latentspace.position.params import Adam, Encoder

STARTS = {"positive": taps.positive_taps, "random": taps.random_taps}
OPTIMIZERS = {"adam": "Adam", "lbfgs": "L-BFGS"}

# Error in pixels over the iterations, by optimizer and initial taps, as in `OPTIMIZERS` and `STARTS`, and by seed.
Curves = Mapping[tuple[str, str], Mapping[int, Sequence[float]]]


@dataclass(frozen=True)
class LearntEncoder:
    """A learnt encoder: its dimensions, L and seed, and its rms error in pixels at held-out continuous positions."""

    dimensions: int
    levels: int
    seed: int
    learnt: taps.Learnt
    rmse: float


def experiment(section: Encoder, seeds: Sequence[int]) -> Findings:
    """Learn the taps by L-BFGS for every L and seed, and by Adam for one L."""
    found, curves, levels = learn_encoders(section, seeds), stall(section, seeds), section.adam.levels
    worst = max(one.rmse for one in found)
    adam = max(curve[-1] for curve in curves["adam", "random"].values())
    return Findings(
        [row for one in found for row in encoder_numbers(one)] + stall_numbers(curves, levels),
        {
            "taps.png": taps_figure(found),
            "taps_2d.png": taps_2d_figure(found),
            "stall.png": stall_figure(curves, levels),
        },
        summary=f"worst rms error of L-BFGS {worst:.1e} px, of Adam from random taps at L = {levels} {adam:.2f} px",
    )


def learn_encoders(section: Encoder, seeds: Sequence[int]) -> list[LearntEncoder]:
    """Encoders learnt by L-BFGS from positive taps, for every L in 1-D and 2-D and every seed (slide 27)."""
    plan = [(1, levels) for levels in section.levels] + [(2, levels) for levels in section.levels_2d]
    by_seed = side_by_side(partial(_learn_plan, section, plan), seeds)
    return [one for group in by_seed for one in group]


def _learn_plan(section: Encoder, plan: Sequence[tuple[int, int]], seed: int) -> list[LearntEncoder]:
    found = []
    for dimensions, levels in plan:
        learnt = taps.learn(taps.positive_taps(levels, dimensions, seed), section.lbfgs)
        positions = held_out(section.test_positions, 2**levels, dimensions)
        found.append(LearntEncoder(dimensions, levels, seed, learnt, taps.rmse(learnt.taps, positions)))
    return found


def encoder_numbers(one: LearntEncoder) -> list[Measured]:
    """Rms error in pixels, error of the normalised taps, and number of iterations."""
    values = {
        f"rmse_px_L{one.levels}": one.rmse,
        f"tap_error_L{one.levels}": taps.tap_error(one.learnt.taps),
        f"iterations_L{one.levels}": float(len(one.learnt.curve) - 1),
    }
    return measured("trained" if one.dimensions == 1 else "trained_2d", values, one.seed)


def stall(section: Encoder, seeds: Sequence[int]) -> Curves:
    """Error in pixels over the iterations by optimizer and initial taps: Adam stalls, L-BFGS does not."""
    curves = side_by_side(partial(_stall_one, section), seeds)
    return {name: {seed: curve[name] for seed, curve in zip(seeds, curves, strict=True)} for name in curves[0]}


def _stall_one(section: Encoder, seed: int) -> dict[tuple[str, str], list[float]]:
    starts = {name: start(section.adam.levels, 1, seed) for name, start in STARTS.items()}
    curves = {("adam", name): adam(start, section.adam) for name, start in starts.items()}
    return curves | {("lbfgs", name): taps.learn(start, section.lbfgs).curve for name, start in starts.items()}


def adam(start: taps.Taps, settings: Adam) -> list[float]:
    """Rms error in pixels after every step of full-batch Adam in float64, so noise-free up to rounding."""
    current, scale = start.copy(), 2.0 ** len(start)
    wanted = taps.target(len(start), 1) / scale
    mean, square, curve = np.zeros_like(current), np.zeros_like(current), []
    for step in range(1, settings.steps + 1):
        error, gradient = taps.loss(current, wanted)
        curve.append(scale * float(np.sqrt(error)))
        mean += 0.1 * (gradient - mean)
        square += 0.001 * (gradient**2 - square)
        rate = settings.learning_rate * (1 + np.cos(np.pi * step / settings.steps)) / 2
        current -= rate * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return curve


def stall_numbers(curves: Curves, levels: int) -> list[Measured]:
    """Final error in pixels, by optimizer, initial taps and seed."""
    return [
        Measured(f"stall.{optimizer}_{start}", f"rmse_px_L{levels}", curve[-1], seed)
        for (optimizer, start), by_seed in curves.items()
        for seed, curve in by_seed.items()
    ]


def _deepest(found: Sequence[LearntEncoder], dimensions: int) -> list[LearntEncoder]:
    """The encoders of the largest L, one per seed."""
    chosen = [one for one in found if one.dimensions == dimensions]
    levels = max(one.levels for one in chosen)
    return [one for one in chosen if one.levels == levels]


def taps_figure(found: Sequence[LearntEncoder]) -> Picture:
    """Normalised taps of every layer of the deepest 1-D encoder, for all seeds, next to [1, 2, 1] (slide 27)."""
    chosen = _deepest(found, 1)
    figure, axes = axes_grid(1, chosen[0].levels, width=1.5, height=2.4)
    for level, cell in enumerate(axes[0]):
        cell.bar([0, 1, 2], PHI, color="0.85", label="[1, 2, 1]")
        for k, one in enumerate(chosen):
            values = taps.normalised(one.learnt.taps)[level]
            cell.plot(np.arange(3) + 0.15 * (k - 1), values, "o", ms=4, label=f"seed {one.seed}")
        cell.set(title=f"layer {level + 1}", xticks=[0, 1, 2], ylim=(0, 2.3))
        cell.set_xticklabels(["2i−1", "2i", "2i+1"], fontsize=7)
        if level:
            cell.set_yticklabels([])
    axes[0, -1].text(0, 0.1, "meets only\npadding", ha="center", va="bottom", fontsize=7, rotation=90)
    axes[0, 0].set_ylabel("normalised tap")
    axes[0, 0].legend(fontsize=7, loc="lower center", framealpha=0.9, frameon=True)
    return figure


def taps_2d_figure(found: Sequence[LearntEncoder]) -> Picture:
    """Normalised 3×3 taps of every layer of the deepest 2-D encoder, first seed; "–" for taps that see only padding."""
    chosen = _deepest(found, 2)[0]
    figure, axes = axes_grid(1, chosen.levels, width=1.7, height=2.0)
    for level, (cell, kernel) in enumerate(zip(axes[0], taps.normalised(chosen.learnt.taps), strict=True)):
        cell.imshow(kernel, cmap="Blues", vmin=0, vmax=3)
        for row, column in product(range(3), range(3)):
            value = kernel[row, column]
            text = "–" if np.isnan(value) else f"{abs(value):.2f}"
            cell.text(column, row, text, ha="center", va="center", fontsize=8)
        bare(cell)
        cell.set_title(f"layer {level + 1}")
    return figure


def stall_figure(curves: Curves, levels: int) -> Picture:
    """Error over the iterations, one line per seed: that of L-BFGS falls to rounding, that of Adam stalls."""
    figure, ((axes,),) = axes_grid(1, 1, width=6.0, height=3.6)
    for color, ((optimizer, start), by_seed) in enumerate(curves.items()):
        label = f"{OPTIMIZERS[optimizer]}, {start} taps"
        for k, curve in enumerate(by_seed.values()):
            axes.loglog(np.arange(1, len(curve) + 1), curve, color=f"C{color}", lw=1, label=None if k else label)
    axes.set(xlabel="iteration", ylabel="rms error (pixels)", title=f"L = {levels}, one line per seed")
    axes.legend()
    return figure
