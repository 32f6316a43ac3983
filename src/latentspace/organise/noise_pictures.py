"""Pictures of the best code under noise, and of the codes that trainings learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps

from latentspace.organise.families import Curve
from latentspace.plots.naming import colour
from latentspace.plots.style import Picture, axes_grid

Values = Float[np.ndarray, " bins"]


@dataclass(frozen=True)
class Panel:
    """What the pictures show of an image set.

    Attributes:
        name: of the image set.
        area: mean area of every bin, in square pixels, increasing, shape (bins,).
        best: the best code at these areas, by σ.
        noise: the σ of the comparison.
        strong: limit of the best code for strong noise.
        learnt: first components as functions of the area, of every training, by variant.
        noises: σ on the code in training, by variant.
    """

    name: str
    area: Values
    best: Mapping[float, Values]
    noise: float
    strong: Values
    learnt: Mapping[str, Sequence[Curve]]
    noises: Mapping[str, float]


def learnt_codes(panels: Sequence[Panel]) -> Picture:
    """The first component over the area, with and without noise, every training, and the predicted code."""
    figure, axes = axes_grid(1, len(panels), width=4.2, height=3.1)
    for cell, panel in zip(axes[0], panels, strict=True):
        for variant, curves in panel.learnt.items():
            noise = panel.noises[variant]
            label = f"learnt with noise {noise:g}" if noise else "learnt without noise"
            for one in curves:
                cell.plot(one.key, one.mean, color=colour(variant), lw=2, alpha=0.7, label=label)
                low, high = one.mean - one.deviation, one.mean + one.deviation
                cell.fill_between(one.key, low, high, color=colour(variant), alpha=0.12, lw=0)
                label = ""
        best = f"computed: the best code for noise {panel.noise:g}"
        cell.plot(panel.area, panel.best[panel.noise], "k--", lw=1.4, label=best)
        cell.set(title=f"first component of {panel.name}", xlabel="area (square pixels)", ylabel="z1")
        cell.legend(fontsize=7, loc="lower right")
    return figure


def best_codes(panels: Sequence[Panel]) -> Picture:
    """The best code over the area for several σ, and its correlation with the area and its root over σ."""
    figure, axes = axes_grid(len(panels), 2, width=3.8, height=2.8)
    for (left, right), panel in zip(axes, panels, strict=True):
        shades = colormaps["viridis"](np.linspace(0, 0.9, len(panel.best)))
        for (noise, code), shade in zip(panel.best.items(), shades, strict=True):
            left.plot(panel.area, code, color=shade, label=f"σ = {noise:g}")
        left.plot(panel.area, panel.strong, "k:", label="σ → ∞: linear PCA")
        left.set(title=f"{panel.name}: the best code", xlabel="area (square pixels)", ylabel="g")
        left.legend(fontsize=7)
        for values, name in ((panel.area, "area"), (np.sqrt(panel.area), "root of the area")):
            fits = [abs(np.corrcoef(code, values)[0, 1]) for code in panel.best.values()]
            right.plot(list(panel.best), fits, "o-", label=name)
        right.set(title="correlation of the best code", xlabel="noise σ", ylabel="|Pearson|", xscale="log")
        right.legend(fontsize=7)
    return figure
