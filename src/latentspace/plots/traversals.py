"""Traversals: outputs along each component of a latent space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.nn.latent import LatentModel
from latentspace.plots.naming import words
from latentspace.plots.strips import shown
from latentspace.plots.style import DPI, Picture, empty, show

SPAN = 2.0  # traversals cover ± this many standard deviations of a component
SIDE = 96  # pixels, the side to which a picture of traversals enlarges smaller images
TILE = 128  # pixels, the same of an animation
TITLE = 0.3  # inches, height of a model's title

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
    """Traversals of several models below one another, a row per component with its name at the left (slide 39).

    Every image is `SIDE` pixels wide, or as wide as it is if that is more.

    Args:
        grids: traversals by method.
        names: of the components, by method.
    """
    mosaics = {title: mosaic(grid) for title, grid in grids.items()}
    scale = max(1.0, SIDE / next(iter(grids.values())).shape[2]) / DPI
    wide = scale * max(image.shape[1] for image in mosaics.values())
    tall = sum(TITLE + scale * len(image) for image in mosaics.values())
    figure, bottom = empty(wide, tall), tall
    for title, image in mosaics.items():
        bottom -= TITLE + scale * len(image)
        axes = figure.add_axes((0, bottom / tall, scale * image.shape[1] / wide, scale * len(image) / tall))
        show(axes, image, how="bilinear")
        axes.set_title(f"{words(title)}: each component from −{SPAN:g} to {SPAN:g} standard deviations", loc="left")
        row = len(image) / len(names[title])
        axes.set_yticks([(i + 0.5) * row for i in range(len(names[title]))], names[title])
        axes.tick_params(length=0)
    return figure


def mosaic(grid: Grid) -> Float[np.ndarray, "height width *channels"]:
    """All images of a traversal as one, a row per component, with white lines between them."""
    rows = (np.concatenate([framed(image) for image in row], axis=1) for row in grid.clip(0, 1))
    return np.concatenate(list(rows))


def framed(image: Float[np.ndarray, "h w *channels"]) -> Float[np.ndarray, "tall wide *channels"]:
    """An image with a white line around it."""
    return np.pad(image, ((1, 1), (1, 1), *((0, 0) for _ in image.shape[2:])), constant_values=1)


def traversal_frames(grids: Mapping[str, Grid], names: Mapping[str, Sequence[str]]) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Frames of an animation that traverses all components of all models at once, forwards and backwards."""
    from PIL import Image, ImageDraw, ImageFont

    steps, size = next(iter(grids.values())).shape[1:3]
    side, font = size * max(1, TILE // size), ImageFont.load_default(12)
    cell = 8 + max(side, *(math.ceil(font.getlength(label)) for labels in names.values() for label in labels))
    columns, height = max(len(grid) for grid in grids.values()), side + 52
    width = max(columns * cell, *(8 + math.ceil(font.getlength(words(title))) for title in grids)) + 8
    frames = []
    for step in [*range(steps), *range(steps - 2, 0, -1)]:
        canvas = Image.new("RGB", (width, len(grids) * height + 4), "white")
        draw = ImageDraw.Draw(canvas)
        for row, (title, grid) in enumerate(grids.items()):
            top = row * height + 4
            draw.text((8, top), words(title), fill="black", font=font)
            for column, images in enumerate(grid):
                pixels = (np.clip(images[step], 0, 1) * 255).astype(np.uint8)
                tile = Image.fromarray(pixels).resize((side,) * 2, Image.Resampling.BILINEAR)
                canvas.paste(tile, (column * cell + 8, top + 16))
                draw.text((column * cell + 8, top + 18 + side), names[title][column], fill="black", font=font)
        frames.append(np.asarray(canvas))
    return frames
