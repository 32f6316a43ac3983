"""Rows of images with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.plots.style import Picture, axes_grid, bare, show


def as_shown(images: Float[Tensor, "n channels h w"]) -> Float[np.ndarray, "n h w 3"]:
    """Images in [−1, 1], grey or in colour, as colour pictures in [0, 1], channels last."""
    return ((images.float().clamp(-1, 1) + 1) / 2).expand(-1, 3, -1, -1).permute(0, 2, 3, 1).numpy()


def rows_of_images(rows: Sequence[tuple[str, Float[np.ndarray, "_ _ _ 3"]]]) -> Picture:
    """Rows of colour images below one another, each with a label at its left."""
    count = len(rows[0][1])
    figure, axes = axes_grid(len(rows), 1, width=0.95 * count, height=0.95)
    for (cell,), (label, images) in zip(axes, rows, strict=True):
        show(cell, np.concatenate(list(images), axis=1))
        cell.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


def shown(images: Float[np.ndarray, "*n channels h w"]) -> Float[np.ndarray, "*n h w *channels"]:
    """Images of one channel as grey pictures, of three channels as colour pictures."""
    return images[..., 0, :, :] if images.shape[-3] == 1 else np.moveaxis(images, -3, -1)


def examples(sets: Mapping[str, UInt8[np.ndarray, "n channels size size"]], columns: int = 12) -> Picture:
    """Images of each set, one row per set (slide 38)."""
    figure, axes = axes_grid(len(sets), columns, width=0.9, height=0.9)
    for line, (name, images) in zip(axes, sets.items(), strict=True):
        for cell, image in zip(line, images, strict=False):
            show(cell, shown(image / 255))
        for cell in line[len(images) :]:
            bare(cell)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure
