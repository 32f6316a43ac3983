"""Labelled matrices drawn with their numbers, and error curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from latentspace.plots.style import Picture, axes_grid


def axis_names(table: pd.DataFrame, *, least: float = 0.5) -> list[str]:
    """Names of components: the factor of largest |correlation|, or "mixed" if that is below `least`.

    Args:
        table: |correlation| with the factors; rows are components, columns are factors.
        least: smallest |correlation| that names a component.
    """
    words = {"log_ratio_cos": "upright", "log_ratio_sin": "diagonal"}  # directions of an ellipse's long axis
    names = []
    for component, row in table.iterrows():
        best = str(row.idxmax())
        what = words.get(best, best) if row.max() >= least else "mixed"
        names.append(f"{component}: {what} ({row.max():.2f})")
    return names


def heat_maps(tables: Mapping[str, pd.DataFrame], label: str, *, low: float = -1.0) -> Picture:
    """Labelled matrices with their numbers, side by side, between `low` and 1."""
    columns = max(table.shape[1] for table in tables.values())
    many = columns > 4  # then the labels are vertical
    longest = max(len(str(name)) for table in tables.values() for name in table.columns)
    rows = max(table.shape[0] for table in tables.values())
    height = (2.2 + 0.075 * longest if many else 2.5) + 0.25 * max(0, rows - 6)
    figure, axes = axes_grid(1, len(tables), width=max(2.6, 0.42 * columns + 0.6), height=height)
    for cell, (title, table) in zip(axes[0], tables.items(), strict=True):
        values = table.to_numpy(dtype=float)
        drawn = cell.imshow(values, cmap="RdBu_r" if low < 0 else "Blues", vmin=low, vmax=1, aspect="auto")
        cell.grid(visible=False)
        cell.set_title(title, fontsize=9)
        words = [str(c).replace("_", " " if many else "\n") for c in table.columns]
        cell.set_xticks(range(len(words)), words, fontsize=7, rotation=90 if many else 0)
        cell.set_yticks(range(len(table.index)), [str(i) for i in table.index], fontsize=8)
        for (i, j), value in np.ndenumerate(values):
            cell.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color=_ink(value))
    figure.colorbar(drawn, ax=axes[0], shrink=0.8, label=label)
    return figure


def _ink(value: float) -> str:
    return "white" if abs(value) > 0.6 else "black"


def error_per_component(errors: Mapping[str, Float[np.ndarray, "seeds components"]]) -> Picture:
    """Reconstruction error over the number of decoded components, mean and range over seeds.

    Args:
        errors: mean squared error per pixel from the first 1, 2, … components, shape (seeds, components), by variant.
    """
    figure, ((axes,),) = axes_grid(1, 1, width=5.0, height=3.4)
    for name, by_seed in errors.items():
        k, middle = np.arange(1, by_seed.shape[1] + 1), by_seed.mean(0)
        sides = [middle - by_seed.min(0), by_seed.max(0) - middle]
        axes.errorbar(k, middle, sides, marker="o", capsize=2, label=name)
    axes.set(xlabel="components decoded, k", ylabel="MSE per pixel (test)", yscale="log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=7)
    return figure
