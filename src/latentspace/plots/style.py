"""Style of the figures of all chapters, and elementary drawings; figures are drawn off screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import matplotlib
import numpy as np
from jaxtyping import Float
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

matplotlib.use("Agg")


DPI = 120
plt.rcParams.update(
    {
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "font.size": 9,
        "axes.titlesize": "medium",
        "legend.frameon": False,
    }
)


class Picture(Figure):
    """A figure with a `save` method, as `latentspace.pipeline.measured.Picture`."""

    def save(self, path: Path) -> None:
        """Write the file, cut to what is drawn, and release the figure; equal figures give equal bytes."""
        self.savefig(path, dpi=DPI, bbox_inches="tight", pad_inches=0.06, metadata={"Software": None})
        plt.close(self)


def axes_grid(rows: int, columns: int, *, width: float = 3.4, height: float = 2.8) -> tuple[Picture, np.ndarray]:
    """A figure of `rows` × `columns` axes, each `width` × `height` inches; the axes have shape (rows, columns)."""
    size = (width * columns, height * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, FigureClass=Picture)
    return cast("Picture", figure), axes


def empty(width: float, height: float) -> Picture:
    """A figure of `width` × `height` inches, whose axes are placed by hand; it is cut to what is drawn when saved."""
    return cast("Picture", plt.figure(figsize=(width, height), layout="none", FigureClass=Picture))


def show(
    axes: Axes,
    image: Float[np.ndarray, "height width *channels"],
    *,
    low: float = 0,
    high: float = 1,
    how: str = "nearest",
) -> None:
    """Draw, without ticks, a grey image from black at `low` to white at `high`, or a colour image in [0, 1].

    Args:
        axes: to draw on.
        image: of shape (height, width), or (height, width, 3).
        low: value of black.
        high: value of white.
        how: interpolation between pixels.
    """
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation=how)
    bare(axes)


def show_signed(axes: Axes, image: Float[np.ndarray, "height width"]) -> None:
    """Draw a signed image: blue negative, white zero, red positive."""
    bound = float(np.abs(image).max()) or 1.0
    axes.imshow(image, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
    bare(axes)


def bare(axes: Axes) -> None:
    """Remove ticks, grid and frame."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def strip(rows: Sequence[tuple[str, Float[np.ndarray, "n height width"]]], titles: Sequence[str]) -> Picture:
    """Rows of images below one another, with a label at the left of each row and a title above each column."""
    figure, axes = axes_grid(len(rows), len(titles), width=1.0, height=1.0)
    for line, (label, images) in zip(axes, rows, strict=True):
        for cell, image in zip(line, images, strict=True):
            show(cell, image)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
    for cell, title in zip(axes[0], titles, strict=True):
        cell.set_title(title, fontsize=8)
    return figure
