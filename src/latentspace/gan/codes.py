"""Organised neighbourhoods compared with baselines: explained share, order, attributes, navigation (slides 45-47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.gan.frozen import Frozen
from latentspace.gan.local import LocalModel
from latentspace.gan.pictures import pictures_of
from latentspace.gan.roles import PCA_AE, prefix
from latentspace.gan.trials import Navigated, Result, Trial, evaluate_all, explained_table, numbers
from latentspace.measures.dependence import covariance_table
from latentspace.pipeline import measured
from latentspace.pipeline.measured import Findings
from latentspace.plots.animation import Animation
from latentspace.plots.naming import colour, marker, words
from latentspace.plots.style import Picture, axes_grid, show
from latentspace.plots.tables import axis_names, heat_maps
from latentspace.plots.traversals import SPAN, traversal_frames, traversal_grid, traversals

STEPS, PLANE = 9, 7  # images along an axis; along either axis of a plane


PANELS, ROWS = 5, 8  # largest numbers of neighbourhoods in a row, and of rows, of the picture of explained shares


def experiment(trials: Mapping[str, Sequence[Trial]]) -> Findings:
    """Evaluate every method on the neighbourhoods of each group of variants.

    Args:
        trials: by group, as in `evaluated.compared`; their baselines must include ``raw`` and ``ganspace``.
    """
    done = iter(evaluate_all([trial for group in trials.values() for trial in group]))
    results = {name: [result for _ in group for result in next(done)] for name, group in trials.items()}
    found = Findings()
    for name, group in results.items():
        found.rows += numbers(group, prefix(name))
        found.tables[f"explained_{name}"] = explained_table(group)
        found.matrices[f"covariance_{name}"] = covariance_table(first(group, PCA_AE).codes)
        found.pictures |= pictures(name, trials[name][0].generator, group)
    found.pictures["explained.png"] = explained_figure(
        {title: rows for name in results for title, rows in panels(name, found.tables[f"explained_{name}"]).items()}
    )
    axes = {name: axis_names(first(group, PCA_AE).attributes) for name, group in results.items()}
    found.summary = "; ".join(f"{name}: {', '.join(each)}" for name, each in axes.items())
    return found


def pictures(name: str, generator: Frozen, results: Sequence[Result]) -> dict[str, measured.Picture]:
    """Pictures of one group: attributes of the components, traversals, and a plane of two components, if there are."""
    ours, raw = first(results, PCA_AE), first(results, "raw")
    compared = {method: first(results, method).attributes for method in (PCA_AE, "ganspace", "raw")}
    grids = {r.method: generator_traversals(generator, r.model, STEPS) for r in (raw, ours)}
    names = {r.method: axis_names(r.attributes) for r in (raw, ours)}
    made: dict[str, measured.Picture] = {
        f"attributes_{name}.png": heat_maps(compared, "|Pearson| with the attributes", low=0.0),
        f"traversals_{name}.png": traversal_grid(grids, names),
        f"traversals_{name}.gif": Animation(traversal_frames(grids, names)),
    }
    if (last := min(ours.model.components, 4) - 1) > 0:
        axes = names[PCA_AE]
        made[f"plane_{name}.png"] = plane_figure(plane(generator, ours.model, 0, last, PLANE), axes[0], axes[last])
    return made


def generator_traversals(
    generator: Frozen, model: LocalModel, steps: int
) -> Float[np.ndarray, "components steps h w 3"]:
    """Pictures of the generator along every axis through the mean code (slides 45-46)."""
    return traversals(model, steps, lambda latents: pictures_of(generator, latents))


@torch.no_grad()
def plane(
    generator: Frozen, model: LocalModel, first: int, second: int, steps: int
) -> Float[np.ndarray, "rows columns h w 3"]:
    """Pictures over two components, `first` across the columns and `second` down the rows (slide 47)."""
    values = torch.linspace(-SPAN, SPAN, steps)
    z = torch.zeros(steps, steps, model.components)
    z[..., first], z[..., second] = values[None, :], values[:, None]
    images = pictures_of(generator, model.decode(z.flatten(0, 1)))
    return images.reshape(steps, steps, *images.shape[1:])


def plane_figure(images: Float[np.ndarray, "rows columns h w 3"], across: str, down: str) -> Picture:
    """The images of `plane` as one picture."""
    rows, columns, h, w, _ = images.shape
    figure, ((axes,),) = axes_grid(1, 1, width=0.8 * columns, height=0.8 * rows)
    show(axes, images.swapaxes(1, 2).reshape(rows * h, columns * w, 3), how="bilinear")
    axes.set_xlabel(f"{across}, from −{SPAN:g} to {SPAN:g}")
    axes.set_ylabel(f"{down}, from {SPAN:g} (bottom) to −{SPAN:g}")
    return figure


def panels(name: str, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of the table of explained shares for every neighbourhood of a group, by the title of its panel."""
    several = table["sigma"].nunique() > 1
    return {
        f"{name}, anchor {anchor}" + (f", σ = {sigma:g}" if several else ""): rows
        for (sigma, anchor), rows in table.groupby(["sigma", "anchor"], sort=False)
    }


def explained_figure(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """Explained share of the variance over the number of components, one panel per neighbourhood, curves by method."""
    shown = list(panels.items())[: PANELS * ROWS]
    rows = -(-len(shown) // PANELS)
    figure, axes = axes_grid(rows, -(-len(shown) // rows), width=3.2, height=3.6)
    if len(shown) < len(panels):
        figure.suptitle(f"the first {len(shown)} of {len(panels)} neighbourhoods")
    for cell in axes.flat[len(shown) :]:
        cell.axis("off")
    least = min(0.0, *(by_component(table).min().min() for _, table in shown))
    for cell, (title, table) in zip(axes.flat, shown, strict=False):
        explained_curves(cell, table)
        cell.set(title=title, xlabel="components, k", ylim=(least - 0.05, 1))
        cell.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes[0, 0].set_ylabel("share of the variance explained")
    labels = {word: line for cell in axes.flat for line, word in zip(*cell.get_legend_handles_labels(), strict=True)}
    figure.legend(labels.values(), labels, fontsize=8, loc="outside lower center", ncols=4)
    return figure


def explained_curves(cell: Axes, table: pd.DataFrame) -> None:
    """Draw the mean explained share of every method over k."""
    for name, mean in by_component(table).items():
        style = {"linewidth": 2.5, "zorder": 3} if name == PCA_AE else {"linewidth": 1}
        dash = marker(name) + ("--" if name == "image_pca" else "-")
        cell.plot(mean.index, mean, dash, markersize=3, color=colour(name), label=words(name), **style)


def by_component(table: pd.DataFrame) -> pd.DataFrame:
    """Mean explained share, one row per number of components, one column per method."""
    return table.pivot_table("explained", "components", "method", sort=False)


def first(results: Sequence[Result], method: str) -> Navigated:
    """The first result of a method whose codes the generator decodes."""
    return next(result for result in results if isinstance(result, Navigated) and result.method == method)
