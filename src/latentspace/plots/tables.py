"""Labelled matrices drawn with their numbers, and error curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from latentspace.plots.naming import colour, marker, words
from latentspace.plots.style import Picture, axes_grid

COLUMNS = 4  # heat maps side by side


def axis_names(table: pd.DataFrame, *, least: float = 0.5) -> list[str]:
    """Names of components: the factor of largest |correlation|, or "mixed" if that is below `least`.

    Where several components follow one factor most closely, only the one that does so best bears its plain name; the
    others are "also" that factor.

    Args:
        table: |correlation| with the factors; rows are components, columns are factors.
        least: smallest |correlation| that names a component.
    """
    best, closeness = table.idxmax(axis=1), table.max(axis=1)
    closest = set(closeness.groupby(best, sort=False).idxmax())
    names = []
    for component, factor in best.items():
        also = "" if component in closest else "also "
        what = also + words(str(factor)) if closeness[component] >= least else "mixed"
        names.append(f"{component}: {what} ({closeness[component]:.2f})")
    return names


def heat_maps(tables: Mapping[str, pd.DataFrame], label: str, *, low: float = -1.0) -> Picture:
    """Labelled matrices with their numbers, in words, `COLUMNS` side by side, between `low` and 1.

    Args:
        tables: by title, the method's name.
        label: of the colours.
        low: value of the lightest colour.
    """
    columns, rows = (max(table.shape[axis] for table in tables.values()) for axis in (1, 0))
    many = columns > 4  # then the labels are vertical
    longest = max(len(words(str(name))) for table in tables.values() for name in table.columns)
    height = (2.2 + 0.075 * longest if many else 2.5) + 0.25 * max(0, rows - 6)
    across = min(len(tables), COLUMNS)
    size = {"width": max(2.6, 0.42 * columns + 0.6), "height": height}
    figure, axes = axes_grid(-(-len(tables) // across), across, **size)
    for cell, (title, table) in zip(axes.flat, tables.items(), strict=False):
        drawn = _heat_map(cell, table, low, many)
        cell.set_title(words(title), fontsize=9)
    for cell in axes.flat[len(tables) :]:
        cell.axis("off")
    figure.colorbar(drawn, ax=axes, shrink=0.8, fraction=0.15 / across, pad=0.02, label=label)
    return figure


def _heat_map(cell: Axes, table: pd.DataFrame, low: float, vertical: bool) -> AxesImage:
    values = table.to_numpy(dtype=float)
    drawn = cell.imshow(values, cmap="RdBu_r" if low < 0 else "Blues", vmin=low, vmax=1, aspect="auto")
    cell.grid(visible=False)
    names = [words(str(column)) for column in table.columns]
    labels = names if vertical else [name.replace(" ", "\n", 1) for name in names]
    cell.set_xticks(range(len(labels)), labels, fontsize=7, rotation=90 if vertical else 0)
    cell.set_yticks(range(len(table.index)), [str(i) for i in table.index], fontsize=8)
    for (i, j), value in np.ndenumerate(values):
        cell.text(
            j, i, f"{value:.2f}".replace("-0.00", "0.00"), ha="center", va="center", fontsize=7, color=_ink(value)
        )
    return drawn


def _ink(value: float) -> str:
    return "white" if abs(value) > 0.6 else "black"


def error_per_component(errors: Mapping[str, Float[np.ndarray, "seeds components"]]) -> Picture:
    """Reconstruction error over the number of decoded components, mean and range over seeds.

    Args:
        errors: mean squared error per pixel from the first 1, 2, … components, shape (seeds, components), by variant.
    """
    figure, ((axes,),) = axes_grid(1, 1, width=6.0, height=3.4)
    for name, by_seed in errors.items():
        k, middle = np.arange(1, by_seed.shape[1] + 1), by_seed.mean(0)
        sides = [middle - by_seed.min(0), by_seed.max(0) - middle]
        axes.errorbar(k, middle, sides, marker=marker(name), capsize=2, color=colour(name), label=words(name))
    axes.set(xlabel="components decoded, k", ylabel="MSE per pixel (test)", yscale="log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(fontsize=7, loc="outside right center")
    return figure
