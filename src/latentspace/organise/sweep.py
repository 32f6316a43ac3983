"""Sweeps over the weight λ of the penalty and over the number of components (slides 37-39)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from latentspace.images.image_set import ImageSet
from latentspace.measures.dependence import max_correlation
from latentspace.measures.matching import association, leakage, matching
from latentspace.organise.coded import BySeed, Networks, encode, errors_of, order
from latentspace.organise.params import Variants
from latentspace.pipeline.measured import Findings, Measured, as_table, measured
from latentspace.plots.style import Picture, axes_grid
from latentspace.plots.tables import error_per_component

LONG = "components_6"
SHOWN = {"max_correlation": "largest |correlation|", "area_leakage": "leakage of area", "mse_k3": "MSE, k = 3"}


def swept(variants: Variants) -> dict[str, float]:
    """λ of the variants that differ from ``pca_ae`` in λ and the number of seeds only."""
    base = variants.root["pca_ae"]
    return {
        name: other.weight
        for name, other in variants.root.items()
        if other.model_copy(update={"weight": base.weight, "seeds": base.seeds}) == base
    }


def experiment(models: Mapping[str, Networks], weights: Mapping[str, float], data: ImageSet) -> Findings:
    """Correlation, leakage and error over λ, and the error of a longer code.

    Args:
        models: by variant and seed; must include `LONG`.
        weights: λ of the swept variants.
        data: images of ellipses.
    """
    coded = encode(models, data)
    rows = sweep_rows({name: coded[name] for name in weights}, data)
    table = as_table(rows).drop(columns="place")
    table.insert(0, "weight", table["method"].map(dict(weights)))
    table = table.sort_values(["weight", "seed"], ignore_index=True)
    long = [row for seed, one in coded[LONG].items() for row in measured(LONG, order(one), seed)]
    best = table.groupby("weight")["area_leakage"].mean().idxmin()
    return Findings(
        [*rows, *long],
        {
            "lambda.png": sweep_figure(table, "weight", "λ", SHOWN),
            "components.png": error_per_component(errors_of({LONG: coded[LONG]})),
        },
        tables={"lambda": table},
        summary=f"area leaks least at λ = {best:g}",
    )


def sweep_rows(coded: Mapping[str, BySeed], data: ImageSet) -> list[Measured]:
    """Error by components, largest correlation and leakage of the area, of every variant and seed."""
    rows = []
    for name, by_seed in coded.items():
        for seed, one in by_seed.items():
            table = association(one.codes, data.test_factors)
            leaked = leakage(table, "area", matching(table)["area"][0])
            values = {"max_correlation": max_correlation(one.codes), "area_leakage": leaked}
            rows += measured(name, order(one) | values, seed)
    return rows


def sweep_figure(table: pd.DataFrame, x: str, label: str, columns: Mapping[str, str]) -> Picture:
    """Measures over a swept parameter, one panel per measure, one point per run."""
    figure, axes = axes_grid(1, len(columns), width=2.8, height=2.6)
    for cell, (column, words) in zip(axes[0], columns.items(), strict=True):
        cell.plot(table[x], table[column], "o")
        mean = table.groupby(x)[column].mean()
        cell.plot(mean.index, mean.to_numpy(), "-", color="C0", alpha=0.6)
        cell.set(xlabel=label, ylabel=words)
        cell.set_xscale("symlog", linthresh=0.1)
    return figure
