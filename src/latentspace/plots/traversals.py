"""Traversals: outputs along each component of a latent space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.nn.latent import LatentModel
from latentspace.plots.strips import shown
from latentspace.plots.style import Picture, axes_grid, show

SPAN = 2.0  # traversals cover ± this many standard deviations of a component


TILE = 128  # pixels, the side to which an animation enlarges smaller pictures


Grid = Float[np.ndarray, "components steps size size *channels"]


@torch.no_grad()
def traversals(
    model: LatentModel, steps: int, picture: Callable[[Tensor], np.ndarray] = lambda outputs: shown(outputs.numpy())
) -> Grid:
    """Pictures along every axis through the mean code (slides 39, 45-46).

    Args:
        model: a latent model.
        steps: pictures per axis, from −SPAN to SPAN standard deviations.
        picture: maps the model's outputs to pictures; by default the outputs are images.

    Returns:
        Shape (components, steps, height, width) or, in colour, (components, steps, height, width, 3).
    """
    values = torch.linspace(-SPAN, SPAN, steps)
    start = torch.zeros(model.components)
    return np.stack([picture(model.traverse(component, values, start)) for component in range(model.components)])


def traversal_grid(grids: Mapping[str, Grid], names: Mapping[str, Sequence[str]]) -> Picture:
    """Traversals of several models side by side, one row per component, with its name at the left (slide 39)."""
    rows, steps = max(map(len, grids.values())), next(iter(grids.values())).shape[1]
    figure, axes = axes_grid(rows, len(grids), width=0.62 * steps, height=0.8)
    for column, (title, grid) in enumerate(grids.items()):
        for row in range(rows):
            cell = axes[row, column]
            if row >= len(grid):
                cell.axis("off")
                continue
            show(cell, np.concatenate([framed(image) for image in grid[row].clip(0, 1)], axis=1))
            cell.set_ylabel(names[title][row], rotation=0, ha="right", va="center", fontsize=8)
        axes[0, column].set_title(f"{title}: each component from −{SPAN:g} to {SPAN:g} standard deviations", fontsize=8)
    return figure


def framed(image: Float[np.ndarray, "h w *channels"]) -> Float[np.ndarray, "h framed *channels"]:
    """An image with a grey line at the left and right."""
    return np.pad(image, ((0, 0), (1, 1), *((0, 0) for _ in image.shape[2:])), constant_values=0.5)


def traversal_frames(grids: Mapping[str, Grid], names: Mapping[str, Sequence[str]]) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Frames of an animation that traverses all components of all models at once, forwards and backwards."""
    from PIL import Image, ImageDraw, ImageFont

    steps, size = next(iter(grids.values())).shape[1:3]
    side, font = size * max(1, TILE // size), ImageFont.load_default(12)
    cell = 8 + max(side, *(math.ceil(font.getlength(label)) for labels in names.values() for label in labels))
    columns, height = max(len(grid) for grid in grids.values()), side + 52
    width = max(columns * cell, *(8 + math.ceil(font.getlength(title)) for title in grids)) + 8
    frames = []
    for step in [*range(steps), *range(steps - 2, 0, -1)]:
        canvas = Image.new("RGB", (width, len(grids) * height + 4), "white")
        draw = ImageDraw.Draw(canvas)
        for row, (title, grid) in enumerate(grids.items()):
            top = row * height + 4
            draw.text((8, top), title, fill="black", font=font)
            for column, images in enumerate(grid):
                pixels = (np.clip(images[step], 0, 1) * 255).astype(np.uint8)
                tile = Image.fromarray(pixels).resize((side,) * 2, Image.Resampling.BILINEAR)
                canvas.paste(tile, (column * cell + 8, top + 16))
                draw.text((column * cell + 8, top + 18 + side), names[title][column], fill="black", font=font)
        frames.append(np.asarray(canvas))
    return frames
