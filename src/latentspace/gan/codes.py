"""Organised neighbourhoods compared with baselines: explained share, order, attributes, navigation (slides 45-47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from latentspace.gan.local import LocalModel
from latentspace.gan.network import FrozenGenerator
from latentspace.gan.rendering import render
from latentspace.gan.trials import WORDS, Navigated, Result, Trial, evaluate_all, explained_table, numbers
from latentspace.measures.dependence import covariance_table
from latentspace.pipeline import measured
from latentspace.pipeline.measured import Findings
from latentspace.plots.animation import Animation
from latentspace.plots.strips import as_shown
from latentspace.plots.style import Picture, axes_grid, show
from latentspace.plots.tables import axis_names, heat_maps
from latentspace.plots.traversals import SPAN, traversal_frames, traversal_grid, traversals

# Methods by data set and variant of gan_train. The neighbourhoods are those of the first variant.
COMPARED = {"avatars": {"avatars": "pca_ae", "no_cov": "no_cov"}, "faces": {"faces": "pca_ae"}}


PREFIXES = {"avatars": "", "faces": "faces."}  # before the method, in the names of metrics


STEPS = 9  # images along an axis


def experiment(trials: Mapping[str, Sequence[Trial]]) -> Findings:
    """Evaluate every method on the neighbourhoods of each data set.

    Args:
        trials: by data set, as in `COMPARED`; their baselines must include ``raw`` and ``ganspace``.
    """
    done = iter(evaluate_all([trial for group in trials.values() for trial in group]))
    results = {name: [result for _ in group for result in next(done)] for name, group in trials.items()}
    found = Findings()
    for name, group in results.items():
        found.rows += numbers(group, PREFIXES[name])
        found.tables[f"explained_{name}"] = explained_table(group)
        found.matrices[f"covariance_{name}"] = covariance_table(first(group, "pca_ae").codes)
        found.pictures |= pictures(name, trials[name][0].generator, group)
    tables = {name: found.tables[f"explained_{name}"].groupby("anchor") for name in results}
    panels = {f"{name}, anchor {anchor}": rows for name, table in tables.items() for anchor, rows in table}
    found.pictures["explained.png"] = explained_figure(panels)
    axes = {name: axis_names(first(group, "pca_ae").attributes) for name, group in results.items()}
    found.summary = "; ".join(f"{name}: {', '.join(words)}" for name, words in axes.items())
    return found


def pictures(name: str, generator: FrozenGenerator, results: Sequence[Result]) -> dict[str, measured.Picture]:
    """Pictures of one data set: attributes of the components, traversals, and a plane of two components."""
    ours, raw = first(results, "pca_ae"), first(results, "raw")
    compared = {method: first(results, method).attributes for method in ("pca_ae", "ganspace", "raw")}
    grids = {WORDS[r.method]: generator_traversals(generator, r.model, STEPS) for r in (raw, ours)}
    names = {WORDS[r.method]: axis_names(r.attributes) for r in (raw, ours)}
    grid, axes = plane(generator, ours.model, 0, 3, 7), names[WORDS["pca_ae"]]
    return {
        f"attributes_{name}.png": heat_maps(compared, "|Pearson| with the attributes", low=0.0),
        f"traversals_{name}.png": traversal_grid(grids, names),
        f"traversals_{name}.gif": Animation(traversal_frames(grids, names)),
        f"plane_{name}.png": plane_figure(grid, axes[0], axes[3]),
    }


def generator_traversals(
    generator: FrozenGenerator, model: LocalModel, steps: int
) -> Float[np.ndarray, "components steps h w 3"]:
    """Images of the generator along every axis through the mean code (slides 45-46)."""
    return traversals(model, steps, lambda latents: as_shown(render(generator, latents)))


@torch.no_grad()
def plane(
    generator: FrozenGenerator, model: LocalModel, first: int, second: int, steps: int
) -> Float[np.ndarray, "rows columns h w 3"]:
    """Images over two components, `first` across the columns and `second` down the rows (slide 47)."""
    values = torch.linspace(-SPAN, SPAN, steps)
    z = torch.zeros(steps, steps, model.components)
    z[..., first], z[..., second] = values[None, :], values[:, None]
    images = as_shown(render(generator, model.decode(z.flatten(0, 1))))
    return images.reshape(steps, steps, *images.shape[1:])


def plane_figure(images: Float[np.ndarray, "rows columns h w 3"], across: str, down: str) -> Picture:
    """The images of `plane` as one picture."""
    rows, columns, h, w, _ = images.shape
    figure, ((axes,),) = axes_grid(1, 1, width=0.75 * columns, height=0.75 * rows + 0.4)
    show(axes, images.swapaxes(1, 2).reshape(rows * h, columns * w, 3))
    axes.set_xlabel(f"{across}, from −{SPAN:g} to {SPAN:g}")
    axes.set_ylabel(f"{down}, from {SPAN:g} (bottom) to −{SPAN:g}")
    return figure


def explained_figure(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """Explained share of the variance over the number of components, one panel per neighbourhood, curves by method."""
    figure, axes = axes_grid(1, len(panels), width=3.2, height=3.6)
    colours = {method: f"C{number}" for number, method in enumerate(WORDS)}
    for cell, (title, table) in zip(axes[0], panels.items(), strict=True):
        for method, rows in table.groupby("method", sort=False):
            name = str(method)
            mean = rows.groupby("components")["explained"].mean()
            style = {"linewidth": 2.5, "zorder": 3} if name == "pca_ae" else {"linewidth": 1}
            dash = "o--" if name == "image_pca" else "o-"
            cell.plot(mean.index, mean, dash, markersize=3, color=colours[name], label=WORDS[name], **style)
        cell.set(title=title, xlabel="components, k", ylim=(-0.4, 1))
        cell.xaxis.get_major_locator().set_params(integer=True)
    axes[0, 0].set_ylabel("share of the variance explained")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=4)
    return figure


def first(results: Sequence[Result], method: str) -> Navigated:
    """The first result of a method whose codes the generator decodes."""
    return next(result for result in results if isinstance(result, Navigated) and result.method == method)
