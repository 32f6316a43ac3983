"""Primitives of other scaled shapes: bias-free decoders learn the top eigenfunction of the silhouettes (slide 20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images
from latentspace.pipeline.measured import Findings, Measured, measured, value_of
from latentspace.plots.style import Picture, axes_grid, bare, show
from latentspace.size import optimum
from latentspace.size.measures import BySeed, common_direction, mse, responses
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.pictures import spread

VARIANTS = ["bias", "bias_free"]
Image = Float[np.ndarray, "size size"]


@dataclass(frozen=True)
class Silhouette:
    """Test images of one silhouette, their top eigenfunction and its energy, and the networks' responses by variant."""

    images: Images
    best: Image
    energy: float
    found: dict[str, BySeed]


def experiment(
    networks: Mapping[str, Mapping[str, Mapping[int, ShapeAutoencoder]]], data: Mapping[str, ShapeDataset]
) -> Findings:
    """Compare bias-free decoders of scaled silhouettes with the optimum, and their errors with those with biases.

    Args:
        networks: by silhouette, variant (`VARIANTS`) and seed.
        data: by silhouette.
    """
    shapes = {
        name: Silhouette(one.test, *optimum.discrete_optimum(one.test), responses(networks[name], one))
        for name, one in data.items()
    }
    rows = [row for name, shape in shapes.items() for row in errors(name, shape)]
    rows += mean_over_digits(rows, [name for name in shapes if name.startswith("digit_")])
    first = min(next(iter(shapes.values())).found["bias"])
    energies = {name: value_of(rows, name, "energy_ratio", first) for name in shapes}
    return Findings(
        rows,
        {"silhouettes.png": silhouette_table(shapes, first)},
        summary=", ".join(f"{name} energy {energy:.4f}" for name, energy in energies.items()),
    )


def errors(name: str, shape: Silhouette) -> list[Measured]:
    """Distance of bias-free decoders from the top eigenfunction, and errors with and without biases, by seed."""
    rows = []
    for seed, response in shape.found["bias_free"].items():
        f = common_direction(response.outputs)
        with_bias = mse(shape.found["bias"][seed].outputs, shape.images)
        without = mse(response.outputs, shape.images)
        values = {
            "energy_ratio": optimum.energy(f, shape.images) / shape.energy,
            "bias_free_mse": without,
            "bias_mse": with_bias,
            "mse_ratio": without / with_bias,
        }
        rows += measured(name, values, seed)
    return rows


def mean_over_digits(rows: Sequence[Measured], digits: Sequence[str]) -> list[Measured]:
    """Energy ratio and error ratio of each seed, means over the digits; empty if there are no digits."""
    found = []
    for measure in ("energy_ratio", "mse_ratio") if digits else ():
        for seed in sorted({row.seed for row in rows if row.seed is not None}):
            values = [value_of(rows, name, measure, seed) for name in digits]
            found.append(Measured("digits", measure, sum(values) / len(values), seed))
    return found


def silhouette_table(shapes: Mapping[str, Silhouette], seed: int, columns: int = 4) -> Picture:
    """Per silhouette: inputs, outputs without and with biases, learnt primitive and top eigenfunction (slide 20)."""
    figure, axes = axes_grid(3 * len(shapes), columns + 2, width=1.15, height=1.15)
    for k, (name, shape) in enumerate(shapes.items()):
        outputs = {variant: by_seed[seed].outputs for variant, by_seed in shape.found.items()}
        rows = {"input": shape.images, "no bias": outputs["bias_free"], "bias": outputs["bias"]}
        lines = axes[3 * k : 3 * k + 3]
        _examples(lines[:, :columns], rows)
        for cell in lines[:, columns:].ravel():
            bare(cell)
        learned = {"learned f": common_direction(outputs["bias_free"]), "optimal f": shape.best}
        for cell, (title, f) in zip(lines[1, columns:], learned.items(), strict=True):
            show(cell, f / f.max())
            cell.set_title(title, fontsize=7)
        lines[0, 0].set_title(name.replace("_", " "), fontsize=8, loc="left")
    return figure


def _examples(axes: np.ndarray, rows: Mapping[str, Images]) -> None:
    """Rows of images of one silhouette below one another, with sizes increasing from left to right."""
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        chosen = spread(len(images), len(line), first=0.35)
        cells: Sequence[Axes] = list(line)
        for cell, i in zip(cells, chosen, strict=True):
            show(cell, images[i])
        cells[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7)
