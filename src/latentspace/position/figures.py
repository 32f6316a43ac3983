"""Pictures of the position chapter, one function per slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int
from matplotlib.figure import Figure

from latentspace.figures import axes_grid, bare, show
from latentspace.position import encoder, theory
from latentspace.position.dataset import Positions

if TYPE_CHECKING:  # figures without a network do not wait for torch
    import pandas as pd

    from latentspace.position.experiments import Coded, Halved, LearntEncoder, Placed


def layer_table(levels: int) -> Figure:
    """Every layer's output for every one-hot vector of length 2^L, as Table 1 of the talk (slide 25)."""
    x = theory.one_hot(np.arange(2**levels), 2**levels)
    rows = [("x", x), *((f"u({n})", u) for n, u in enumerate(theory.layers(x), start=1))]
    figure, axes = axes_grid(len(rows), len(x), width=1.15, height=0.5)
    for line, (label, outputs) in zip(axes, rows, strict=True):
        for cell, values in zip(line, outputs, strict=True):
            _cells(cell, values)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    for a, cell in enumerate(axes[0]):
        cell.set_title(f"a = {a}", fontsize=9)
    return figure


def _cells(axes: object, values: Int[np.ndarray, " n"]) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    axes.imshow(values[None] / max(int(values.max()), 1), cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    for place, value in enumerate(values):
        axes.text(place, 0, str(value), ha="center", va="center", fontsize=8)
    bare(axes)


def filters_2d(levels: int) -> Figure:
    """The 2-D network's answer to every pixel: 2^L minus the row, 2^L minus the column; φ ⊗ φ gives their product."""
    rows, columns = theory.filter_2d(levels)
    line = 2**levels - np.arange(2**levels)
    shown = {"φ down, [0, 1, 1] across": rows, "[0, 1, 1] down, φ across": columns, "φ ⊗ φ": np.outer(line, line)}
    figure, axes = axes_grid(1, 3, width=2.8, height=2.6)
    for cell, (title, image) in zip(axes[0], shown.items(), strict=True):
        drawn = cell.imshow(image, cmap="viridis")
        bare(cell)
        cell.set_title(title)
        figure.colorbar(drawn, ax=cell, shrink=0.8, label="answer (pixels²)" if "⊗" in title else "answer (pixels)")
    return figure


def taps(found: Sequence[LearntEncoder]) -> Figure:
    """Normalised taps of every layer of the deepest 1-D encoder, all seeds, beside [1, 2, 1] (slide 27)."""
    deepest = max(one.levels for one in found if one.dimensions == 1)
    chosen = [one for one in found if one.dimensions == 1 and one.levels == deepest]
    figure, axes = axes_grid(1, deepest, width=1.5, height=2.4)
    for level, cell in enumerate(axes[0]):
        cell.bar([0, 1, 2], theory.PHI, color="0.85", label="[1, 2, 1]")
        for k, one in enumerate(chosen):
            values = encoder.normalised(one.learnt.taps)[level]
            cell.plot(np.arange(3) + 0.15 * (k - 1), values, "o", ms=4, label=f"seed {one.seed}")
        cell.set(title=f"layer {level + 1}", xticks=[0, 1, 2], ylim=(0, 2.3))
        cell.set_xticklabels(["2i−1", "2i", "2i+1"], fontsize=7)
        if level:
            cell.set_yticklabels([])
    axes[0, -1].text(0, 0.1, "meets only\npadding", ha="center", va="bottom", fontsize=7, rotation=90)
    axes[0, 0].set_ylabel("normalised tap")
    axes[0, 0].legend(fontsize=7, loc="lower center", framealpha=0.9, frameon=True)
    return figure


def taps_2d(found: Sequence[LearntEncoder]) -> Figure:
    """Normalised 3×3 taps of every layer of the deepest 2-D encoder, first seed; – where they meet only padding."""
    deepest = max(one.levels for one in found if one.dimensions == 2)
    chosen = next(one for one in found if one.dimensions == 2 and one.levels == deepest)
    figure, axes = axes_grid(1, deepest, width=1.7, height=2.0)
    for level, (cell, kernel) in enumerate(zip(axes[0], encoder.normalised(chosen.learnt.taps), strict=True)):
        cell.imshow(kernel, cmap="Blues", vmin=0, vmax=3)
        for (row, column), value in np.ndenumerate(kernel):
            text = "–" if np.isnan(value) else f"{abs(value):.2f}"
            cell.text(column, row, text, ha="center", va="center", fontsize=8)
        bare(cell)
        cell.set_title(f"layer {level + 1}")
    return figure


def stall(curves: Mapping[str, Mapping[int, Sequence[float]]], levels: int) -> Figure:
    """Error over the iterations: L-BFGS falls to rounding where Adam stalls (one line per seed)."""
    figure, ((axes,),) = axes_grid(1, 1, width=6, height=3.6)
    for color, (name, by_seed) in enumerate(curves.items()):
        optimizer, start = name.split("_")
        label = f"{ {'adam': 'Adam', 'lbfgs': 'L-BFGS'}[optimizer] }, {start} taps"
        for k, curve in enumerate(by_seed.values()):
            axes.loglog(np.arange(1, len(curve) + 1), curve, color=f"C{color}", lw=1, label=None if k else label)
    axes.set(xlabel="iteration", ylabel="rms error (pixels)", title=f"L = {levels}, one line per seed")
    axes.legend()
    return figure


def ablation(found: Mapping[str, Mapping[str, Mapping[int, Halved]]], positions: Positions, seed: int) -> Figure:
    """Position read off, over the true one, by way of halving; the better optimizer of each (slide 29)."""
    figure, axes = axes_grid(2, len(found), width=2.5, height=2.2)
    a, size = positions[:, 0], None
    for column, (halving, by_optimizer) in zip(axes.T, found.items(), strict=True):
        halved = min((by_seed[seed] for by_seed in by_optimizer.values()), key=lambda h: np.square(h.errors).sum())
        size = 2 ** len(halved.network.taps)
        column[0].plot(a, size - a, color="k", lw=0.8, label="2^L − a")
        column[0].plot(a, size - a + halved.errors, color="C1", lw=1.2, label="network")
        column[0].set(title=halving.replace("_", " "))
        column[1].plot(a, halved.errors, color="C1", lw=1)
        column[1].set(xlabel="position a (pixels)", ylim=(-16, 16))
    axes[0, 0].set_ylabel("output")
    axes[1, 0].set_ylabel("error (pixels)")
    axes[0, 0].legend()
    return figure


def max_pool_layers(network_max: Halved, network_stride: Halved, first: int) -> Figure:
    """Layer outputs for four neighbouring Diracs, strided above and max-pooled below: what pooling forgets."""
    import torch

    from latentspace.position.measures import diracs

    size = 2 ** len(network_max.network.taps)
    shown = np.arange(first, first + 4, dtype=float)[:, None]
    x = torch.as_tensor(diracs(shown, size))
    figure, axes = axes_grid(2, 4, width=2.6, height=2.1)
    for line, (label, halved) in zip(axes, {"stride": network_stride, "max pool": network_max}.items(), strict=True):
        with torch.inference_mode():
            outputs = [u.numpy() for u in halved.network.layers(x)]
        for level, cell in enumerate(line):
            u = outputs[level] / np.abs(outputs[level]).max()
            for k, (a, values) in enumerate(zip(shown[:, 0], u, strict=True)):
                cell.plot(values, "o-", ms=3, lw=1, color=f"C{k}", label=f"a = {a:.0f}")
            centre = first / 2 ** (level + 1)
            cell.set(
                xlim=(max(-0.5, centre - 3), min(len(u[0]) - 0.5, centre + 4)), title=f"{label}, layer {level + 1}"
            )
    for cell in axes[1]:
        cell.set_xlabel("place")
    for cell in axes[:, 0]:
        cell.set_ylabel("output / largest")
    axes[0, 0].legend(fontsize=7)
    return figure


def decoded(placed: Placed, names: Sequence[str], seed: int, columns: int = 4) -> Figure:
    """Wanted and decoded Diracs at held-out positions (slide 28)."""
    wanted, a = placed.wanted[1], placed.positions[1][:, 0]
    chosen = _spread(len(a), columns)
    figure, axes = axes_grid(len(names), columns, width=2.3, height=1.5)
    for line, name in zip(axes, names, strict=True):
        for cell, i in zip(line, chosen, strict=True):
            centre = round(a[i])
            cell.plot(wanted[i], "o", color="k", ms=4, mfc="none", label="wanted")
            cell.plot(placed.outputs[name][seed][i], ".-", color="C1", lw=1, ms=4, label="decoded")
            cell.set(xlim=(centre - 6, centre + 6), ylim=(-0.25, 1.15))
        line[0].set_ylabel(_title(name), fontsize=8)
    for cell, i in zip(axes[0], chosen, strict=True):
        cell.set_title(f"a = {a[i]:.2f}", fontsize=8)
    for cell in axes[-1]:
        cell.set_xlabel("place")
    axes[0, 0].legend(fontsize=6, loc="upper left")
    return figure


def decoded_images(placed: Placed, seed: int, columns: int = 8) -> Figure:
    """Wanted and decoded points in images at held-out positions."""
    names = [name for name in placed.outputs if name.startswith("image_")]
    chosen = np.random.default_rng(0).permutation(len(placed.wanted[2]))[:columns]
    rows = {"wanted": placed.wanted[2], **{name: placed.outputs[name][seed] for name in names}}
    figure, axes = axes_grid(len(rows), columns, width=1.0, height=1.0)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for cell, i in zip(line, chosen, strict=True):
            show(cell, images[i])
        label = "wanted" if name == "wanted" else _title(name).removeprefix("image, ")
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    return figure


def errors(table: pd.DataFrame) -> Figure:
    """Both errors of every decoder on held-out positions, one dot per seed, the bar at their mean; logarithmic."""
    names = list(table["name"].unique())[::-1]
    figure, axes = axes_grid(1, 2, width=4.2, height=3.0)
    labels = {"relative_l2": "relative L2 error", "peak_error_px": "peak error (pixels)"}
    for cell, (column, label) in zip(axes[0], labels.items(), strict=True):
        for row, name in enumerate(names):
            values = table.loc[table["name"] == name, column]
            cell.plot(values, [row] * len(values), "o", ms=4, mfc="none", color=_colour(name))
            cell.plot(values.mean(), row, "|", ms=14, mew=2, color=_colour(name))
        cell.set(xscale="log", xlabel=label, yticks=range(len(names)), yticklabels=[])
    sizes = table.groupby("name")["positions"].first()
    axes[0, 0].set_yticklabels([f"{_title(name)} ({sizes[name]})" for name in names])
    axes[0, 0].set_title("decoder (training positions)", fontsize=9, loc="left", x=-0.6)
    return figure


def _title(name: str) -> str:
    """A training's name in words."""
    kind = name.removeprefix("image_")
    words = {"one_hot": "one-hot a", "coordconv": "CoordConv"}.get(kind, "continuous a")
    return f"{'image' if name.startswith('image_') else 'line'}, {words}"


def _colour(name: str) -> str:
    kind = name.removeprefix("image_")
    return {"one_hot": "C1", "coordconv": "C2"}.get(kind, "C0")


def codes_line(found: Mapping[str, Coded]) -> Figure:
    """The code over the position that nobody told it: a row of panels per start of the encoder, a column per seed."""
    seeds = list(found["line"].codes)
    figure, axes = axes_grid(2, len(seeds), width=3.0, height=2.3)
    for line, (name, start) in zip(axes, STARTS["line"].items(), strict=True):
        coded = found[name]
        for cell, seed in zip(line, seeds, strict=True):
            cell.plot(coded.positions[:, 0], coded.codes[seed][:, 0], ".", ms=2)
            cell.set_title(f"{start}, seed {seed}")
        line[0].set_ylabel("code z")
    for cell in axes[-1]:
        cell.set_xlabel("position a (pixels)")
    return figure


def codes_image(found: Mapping[str, Coded]) -> Figure:
    """The plane of codes, coloured by the position as in the leftmost panels: a row per start, a column per seed."""
    seeds = list(found["image"].codes)
    figure, axes = axes_grid(2, len(seeds) + 1, width=2.6, height=2.4)
    for line, (name, start) in zip(axes, STARTS["image"].items(), strict=True):
        coded = found[name]
        share = coded.positions / coded.positions.max()
        colours = np.column_stack([share[:, 0], np.full(len(share), 0.25), share[:, 1]])
        line[0].scatter(coded.positions[:, 1], coded.positions[:, 0], c=colours, s=4)
        line[0].set(title="positions", xlabel="column (pixels)", ylabel="row (pixels)")
        line[0].invert_yaxis()
        for cell, seed in zip(line[1:], seeds, strict=True):
            cell.scatter(*coded.codes[seed].T, c=colours, s=4)
            cell.set(title=f"{start}, seed {seed}", xlabel="code z₁")
        line[1].set_ylabel("code z₂")
    return figure


STARTS = {
    "line": {"line": "starts as averages", "line_random": "random start"},
    "image": {"image": "starts as averages", "image_random": "random start"},
}


def outputs_line(found: Mapping[str, Coded], seed: int, columns: int = 4) -> Figure:
    """Diracs in and out of the autoencoders of lines, from either start of the encoder."""
    figure, axes = axes_grid(2, columns, width=2.3, height=1.6)
    for line, (name, start) in zip(axes, STARTS["line"].items(), strict=True):
        coded = found[name]
        for cell, i in zip(line, _spread(len(coded.pictures), columns), strict=True):
            cell.plot(coded.pictures[i], "o", color="k", ms=3, mfc="none", label="input")
            cell.plot(coded.outputs[seed][i], ".-", color="C1", lw=1, ms=3, label="output")
            cell.set(ylim=(-0.3, 1.15), title=f"a = {coded.positions[i, 0]:.2f}")
        line[0].set_ylabel(start)
    for cell in axes[-1]:
        cell.set_xlabel("place")
    axes[0, 0].legend(fontsize=7)
    return figure


def outputs_image(found: Mapping[str, Coded], seed: int, columns: int = 8) -> Figure:
    """Points in and out of the autoencoders of images, from either start of the encoder."""
    pictures = found["image"].pictures
    rows = [("input", pictures), *((start, found[name].outputs[seed]) for name, start in STARTS["image"].items())]
    figure, axes = axes_grid(3, columns, width=1.0, height=1.0)
    for line, (label, images) in zip(axes, rows, strict=True):
        for cell, i in zip(line, np.random.default_rng(0).permutation(len(pictures))[:columns], strict=True):
            show(cell, images[i])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    return figure


def _spread(count: int, columns: int) -> list[int]:
    """Indices spread over ``range(count)``, away from its ends."""
    return [int(i) for i in np.linspace(0.1, 0.9, columns) * (count - 1)]
