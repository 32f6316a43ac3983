"""Primitives of other scaled shapes: bias-free decoders learn the top eigenfunction of the silhouettes (slide 20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images
from latentspace.pipeline.measured import Findings, Measured, measured, select, value_of
from latentspace.plots.naming import words
from latentspace.plots.style import Picture, axes_grid, bare, show
from latentspace.size import optimum
from latentspace.size.measures import BySeed, common_direction, mse, responses
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.pictures import spread

BIAS, BIAS_FREE = VARIANTS = ["bias", "bias_free"]
CORPUS = "corpus_callosum"
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
        networks: by silhouette, variant (one or more of `VARIANTS`, the same for all silhouettes) and seed.
        data: by silhouette.
    """
    shapes = {
        name: Silhouette(one.test, *optimum.discrete_optimum(one.test), responses(networks[name], one))
        for name, one in data.items()
    }
    rows = [row for name, shape in shapes.items() for row in errors(name, shape)]
    rows += mean_over_digits(rows, [name for name in shapes if name.startswith("digit_")])
    first = min(row.seed for row in rows if row.seed is not None)
    measure = "energy_ratio" if select(rows, measure="energy_ratio") else "bias_mse"
    return Findings(
        rows,
        {"silhouettes.png": silhouette_table(shapes, first)},
        summary=", ".join(f"{name} {measure} {value_of(rows, name, measure, first):.4g}" for name in shapes),
    )


def absent(names: Sequence[str]) -> dict[str, str]:
    """Families of silhouettes that the claims are about and `names` lacks, with the reason."""
    digits = {} if any(name.startswith("digit_") for name in names) else {"digits": "not in size_silhouettes.names"}
    return digits | {name: "not in size_silhouettes.names" for name in (CORPUS,) if name not in names}


def errors(name: str, shape: Silhouette) -> list[Measured]:
    """Distance of bias-free decoders from the top eigenfunction, and errors with and without biases, by seed."""
    rows = []
    for seed in next(iter(shape.found.values())):
        values = {
            f"{variant}_mse": mse(by_seed[seed].outputs, shape.images) for variant, by_seed in shape.found.items()
        }
        if BIAS_FREE in shape.found:
            f = common_direction(shape.found[BIAS_FREE][seed].outputs)
            values["energy_ratio"] = optimum.energy(f, shape.images) / shape.energy
        if {BIAS, BIAS_FREE} <= set(shape.found):
            values["mse_ratio"] = values[f"{BIAS_FREE}_mse"] / values[f"{BIAS}_mse"]
        rows += measured(name, values, seed)
    return rows


def mean_over_digits(rows: Sequence[Measured], digits: Sequence[str]) -> list[Measured]:
    """Energy ratio and error ratio of each seed, means over the digits; empty if there are no digits."""
    found = []
    for measure in ("energy_ratio", "mse_ratio") if digits else ():
        for seed in sorted({row.seed for row in select(rows, measure=measure) if row.seed is not None}):
            values = [value_of(rows, name, measure, seed) for name in digits]
            found.append(Measured("digits", measure, sum(values) / len(values), seed))
    return found


def silhouette_table(shapes: Mapping[str, Silhouette], seed: int, columns: int = 4) -> Picture:
    """Per silhouette: inputs, outputs without and with biases, learnt primitive and top eigenfunction (slide 20)."""
    height = 1 + len(next(iter(shapes.values())).found)
    figure, axes = axes_grid(height * len(shapes), columns + 1, width=1.15, height=1.15)
    for k, (name, shape) in enumerate(shapes.items()):
        outputs = {variant: by_seed[seed].outputs for variant, by_seed in shape.found.items()}
        titles = {"no bias": BIAS_FREE, "bias": BIAS}
        rows = {title: outputs[variant] for title, variant in titles.items() if variant in outputs}
        lines = axes[height * k : height * (k + 1)]
        _examples(lines[:, :columns], {"input": shape.images, **rows})
        for cell in lines[:, columns]:
            bare(cell)
        learned = {"learned f": common_direction(outputs[BIAS_FREE])} if BIAS_FREE in outputs else {}
        primitives = {**learned, "optimal f": shape.best}
        for cell, (title, f) in zip(lines[-len(primitives) :, columns], primitives.items(), strict=True):
            show(cell, f / f.max())
            cell.set_title(title, fontsize=7)
        lines[0, 0].set_title(words(name), fontsize=8, loc="left")
    return figure


def _examples(axes: np.ndarray, rows: Mapping[str, Images]) -> None:
    """Rows of images of one silhouette below one another, with sizes increasing from left to right."""
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        chosen = spread(len(images), len(line), first=0.35)
        cells: Sequence[Axes] = list(line)
        for cell, i in zip(cells, chosen, strict=True):
            show(cell, images[i])
        cells[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7)
