"""Pictures of the organise chapter: traversals, matrices, error curves, codes over factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from latentspace.figures import axes_grid, bare, show
from latentspace.organise.pca_autoencoder import LatentModel

SPAN = 2.0  # traversals run over ± this many standard deviations of a component
Grid = Float[np.ndarray, "components steps size size *channels"]


@torch.no_grad()
def traversals(
    model: LatentModel, steps: int, picture: Callable[[Tensor], np.ndarray] = lambda outputs: shown(outputs.numpy())
) -> Grid:
    """Pictures along every axis from the mean code, shape (components, steps, height, width[, 3]) (slides 39, 45-46).

    Args:
        model: the model.
        steps: pictures to an axis, from −SPAN to SPAN standard deviations.
        picture: makes pictures of the model's outputs; the images they are, by default.
    """
    values = torch.linspace(-SPAN, SPAN, steps)
    start = torch.zeros(model.components)
    return np.stack([picture(model.traverse(component, values, start)) for component in range(model.components)])


def shown(images: Float[np.ndarray, "*n channels h w"]) -> Float[np.ndarray, "*n h w *channels"]:
    """Images of one channel as grey pictures, those of three as coloured ones."""
    return images[..., 0, :, :] if images.shape[-3] == 1 else np.moveaxis(images, -3, -1)


def traversal_grid(grids: Mapping[str, Grid], names: Mapping[str, Sequence[str]]) -> Figure:
    """Traversals of several models side by side, one row per component, its name at the left (slide 39)."""
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
    """An image with a grey line at its left and right."""
    return np.pad(image, ((0, 0), (1, 1), *((0, 0) for _ in image.shape[2:])), constant_values=0.5)


def traversal_frames(grids: Mapping[str, Grid], names: Mapping[str, Sequence[str]]) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Frames of an animation that walks every component there and back, all models and components at once."""
    from PIL import Image, ImageDraw, ImageFont

    size, scale, text = next(iter(grids.values())).shape[2], 2, 30
    steps, cell = next(iter(grids.values())).shape[1], size * scale + 8
    columns = max(len(grid) for grid in grids.values())
    font = ImageFont.load_default(12)
    frames = []
    for step in [*range(steps), *range(steps - 2, 0, -1)]:
        canvas = Image.new("RGB", (columns * cell + 8, len(grids) * (cell + text + 14) + 4), "white")
        draw = ImageDraw.Draw(canvas)
        for row, (title, grid) in enumerate(grids.items()):
            top = row * (cell + text + 14) + 4
            draw.text((8, top), title, fill="black", font=font)
            for column, images in enumerate(grid):
                pixels = (np.clip(images[step], 0, 1) * 255).astype(np.uint8)
                tile = Image.fromarray(pixels).resize((size * scale,) * 2, Image.Resampling.BILINEAR)
                canvas.paste(tile, (column * cell + 8, top + 16))
                label = names[title][column]
                draw.text((column * cell + 8, top + 18 + size * scale), label, fill="black", font=font)
        frames.append(np.asarray(canvas))
    return frames


def axis_names(table: pd.DataFrame, *, least: float = 0.5) -> list[str]:
    """A name for every component: the factor it follows best, or "mixed" below a |correlation| of `least`."""
    words = {"log_ratio_cos": "upright", "log_ratio_sin": "diagonal"}  # which way an ellipse is long
    names = []
    for component, row in table.iterrows():
        best = str(row.idxmax())
        what = words.get(best, best) if row.max() >= least else "mixed"
        names.append(f"{component}: {what} ({row.max():.2f})")
    return names


def heat_maps(tables: Mapping[str, pd.DataFrame], label: str, *, low: float = -1.0) -> Figure:
    """Labelled matrices with their numbers, side by side, between `low` and 1."""
    columns = max(table.shape[1] for table in tables.values())
    many = columns > 4  # then the labels stand upright
    longest = max(len(str(name)) for table in tables.values() for name in table.columns)
    height = 2.2 + 0.075 * longest if many else 2.5
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


def error_per_component(errors: Mapping[str, Mapping[int, Float[np.ndarray, " seeds"]]]) -> Figure:
    """Reconstruction error over the number of components that are decoded, mean and range over seeds."""
    figure, ((axes,),) = axes_grid(1, 1, width=5, height=3.4)
    for name, by_k in errors.items():
        k = np.array(sorted(by_k))
        middle = np.array([by_k[i].mean() for i in k])
        low, high = (np.array([getattr(by_k[i], side)() for i in k]) for side in ("min", "max"))
        axes.errorbar(k, middle, [middle - low, high - middle], marker="o", capsize=2, label=name)
    axes.set(xlabel="components decoded, k", ylabel="MSE per pixel (test)", yscale="log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=7)
    return figure


def comparison(table: pd.DataFrame, columns: Mapping[str, str]) -> Figure:
    """A panel per measure, a row per variant: means over seeds."""
    figure, axes = axes_grid(1, len(columns), width=1.75, height=0.32 * len(table) + 1.0)
    for index, (cell, (column, words)) in enumerate(zip(axes[0], columns.items(), strict=True)):
        cell.barh(
            table["variant"], table[column], color=["C1" if name == "pca_ae" else "C0" for name in table["variant"]]
        )
        for row, value in enumerate(table[column]):
            cell.text(value, row, f" {value:.2g}", va="center", fontsize=7)
        cell.set_title(words, fontsize=8)
        cell.margins(x=0.35)
        cell.tick_params(axis="x", labelsize=6)
        cell.invert_yaxis()
        if index:
            cell.set_yticklabels([])
    return figure


def codes_over_factors(
    codes: Float[np.ndarray, "n k"], factors: Mapping[str, Float[np.ndarray, " n"]], title: str
) -> Figure:
    """Every component over every factor, a point per test image."""
    figure, axes = axes_grid(codes.shape[1], len(factors), width=2.2, height=1.7)
    for row, line in enumerate(axes):
        for cell, (name, values) in zip(line, factors.items(), strict=True):
            cell.scatter(values, codes[:, row], s=1, alpha=0.3, rasterized=True)
            cell.set(xlabel=name.replace("_", " ") if row == codes.shape[1] - 1 else "")
        line[0].set_ylabel(f"z{row + 1}")
    figure.suptitle(title, fontsize=9)
    return figure


def sweep(table: pd.DataFrame, x: str, label: str, columns: Mapping[str, str]) -> Figure:
    """Measures over a swept parameter, a panel per measure, a point per run."""
    figure, axes = axes_grid(1, len(columns), width=2.8, height=2.6)
    for cell, (column, words) in zip(axes[0], columns.items(), strict=True):
        cell.plot(table[x], table[column], "o")
        mean = table.groupby(x)[column].mean()
        cell.plot(mean.index, mean.to_numpy(), "-", color="C0", alpha=0.6)
        cell.set(xlabel=label, ylabel=words)
        cell.set_xscale("symlog", linthresh=0.1)
    return figure


def circle_codes(codes: Mapping[str, Float[np.ndarray, "n 2"]], angle: Float[np.ndarray, " n"]) -> Figure:
    """The two components of a circular factor against one another, coloured by the angle."""
    figure, axes = axes_grid(1, len(codes), width=3.0, height=3.0)
    for cell, (name, points) in zip(axes[0], codes.items(), strict=True):
        drawn = cell.scatter(points[:, 0], points[:, 1], c=angle, cmap="twilight", s=4, vmin=0, vmax=2 * np.pi)
        cell.set(title=name, xlabel="z1", ylabel="z2")
    figure.colorbar(drawn, ax=axes[0], label="angle (radians)")
    return figure


def examples(sets: Mapping[str, UInt8[np.ndarray, "n channels size size"]], columns: int = 12) -> Figure:
    """Images of each set, one row per set (slide 38)."""
    figure, axes = axes_grid(len(sets), columns, width=0.9, height=0.9)
    for line, (name, images) in zip(axes, sets.items(), strict=True):
        for cell, image in zip(line, images, strict=False):
            show(cell, shown(image / 255))
        for cell in line[len(images) :]:
            bare(cell)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure
