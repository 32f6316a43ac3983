"""Pictures of the gan chapter: navigation, the share explained, blur, the sweep of σ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from latentspace.figures import axes_grid, show
from latentspace.gan.neighbourhood import LocalModel, render
from latentspace.gan.network import FrozenGenerator
from latentspace.organise import figures
from latentspace.organise.figures import SPAN

WORDS = {
    "pca_ae": "PCA autoencoder",
    "no_cov": "PCA autoencoder, λ = 0",
    "image_pca": "PCA of the images (no generator)",
    "ganspace": "GANSpace",
    "jacobian": "Jacobian at the anchor",
    "sefa": "SeFa",
    "raw": "axes of the latent space",
    "latent_pca": "PCA of the latents",
}


def as_shown(images: Float[Tensor, "n 3 h w"]) -> Float[np.ndarray, "n h w 3"]:
    """Images in [−1, 1] as pictures in [0, 1], channels last."""
    return ((images.float().clamp(-1, 1) + 1) / 2).permute(0, 2, 3, 1).numpy()


def traversals(
    generator: FrozenGenerator, model: LocalModel, steps: int
) -> Float[np.ndarray, "components steps h w 3"]:
    """Images of the generator along every axis through the mean code (slides 45-46)."""
    return figures.traversals(model, steps, lambda latents: as_shown(render(generator, latents)))


@torch.no_grad()
def plane(
    generator: FrozenGenerator, model: LocalModel, first: int, second: int, steps: int
) -> Float[np.ndarray, "rows columns h w 3"]:
    """Images over two components, the first along the columns, the second along the rows (slide 47)."""
    values = torch.linspace(-SPAN, SPAN, steps)
    z = torch.zeros(steps, steps, model.components)
    z[..., first], z[..., second] = values[None, :], values[:, None]
    images = as_shown(render(generator, model.decode(z.flatten(0, 1))))
    return images.reshape(steps, steps, *images.shape[1:])


def plane_figure(images: Float[np.ndarray, "rows columns h w 3"], across: str, down: str) -> Figure:
    """The images over two components as one picture."""
    rows, columns, h, w, _ = images.shape
    figure, ((axes,),) = axes_grid(1, 1, width=0.75 * columns, height=0.75 * rows + 0.4)
    show(axes, images.swapaxes(1, 2).reshape(rows * h, columns * w, 3))
    axes.set_xlabel(f"{across}, from −{SPAN:g} to {SPAN:g}")
    axes.set_ylabel(f"{down}, from {SPAN:g} (bottom) to −{SPAN:g}")
    return figure


def explained(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """Share of the images' variance over the number of components: a panel per neighbourhood, a curve per method."""
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


def sigma_sweep(table: pd.DataFrame, components: int) -> Figure:
    """Share explained with the first `components` over σ, a curve per method (slide 51)."""
    figure, ((axes,),) = axes_grid(1, 1, width=4.6, height=3.2)
    for method, rows in table[table["components"] == components].groupby("method", sort=False):
        mean = rows.groupby("sigma")["explained"].mean()
        axes.plot(mean.index, mean.to_numpy(), "o-", label=WORDS[str(method)])
    axes.set(xlabel="σ (anchors have length √d, 1 per coordinate)", ylabel=f"share explained, k = {components}")
    axes.set(xscale="log", ylim=(0, 1))
    ticks = sorted(table["sigma"].unique())
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.legend(fontsize=8)
    return figure


def rows_of_images(rows: Sequence[tuple[str, Float[np.ndarray, "n h w 3"]]]) -> Figure:
    """Rows of colour images under one another, a label left of each."""
    count = len(rows[0][1])
    figure, axes = axes_grid(len(rows), 1, width=0.95 * count, height=0.95)
    for (cell,), (label, images) in zip(axes, rows, strict=True):
        show(cell, np.concatenate(list(images), axis=1))
        cell.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure
