"""Sweeps over the weight λ of the penalty and over the number of components (slides 37-39)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from latentspace.images.image_set import ImageSet
from latentspace.measures.dependence import max_correlation
from latentspace.measures.matching import association
from latentspace.organise.coded import BySeed, Networks, encode, errors_of, order
from latentspace.organise.factors import area_leakage
from latentspace.organise.selected import LONG
from latentspace.pipeline.measured import Findings, Measured, as_table, measured
from latentspace.plots.style import Picture, axes_grid
from latentspace.plots.tables import error_per_component

SHOWN = {"max_correlation": "largest |correlation|", "area_leakage": "leakage of area"}


def experiment(models: Mapping[str, Networks], weights: Mapping[str, float], data: ImageSet) -> Findings:
    """Correlation, leakage and error over λ, and the error of a longer code, as far as there are models.

    Args:
        models: by variant and seed: those of `weights` and, or, `LONG`.
        weights: λ of the swept variants; `LONG`, which may have the same settings as one of them, is not swept.
        data: images of ellipses.
    """
    weights = {name: weight for name, weight in weights.items() if name != LONG}
    coded = encode(models, data)
    findings = over_weights({name: coded[name] for name in weights}, weights, data) if weights else Findings()
    if LONG in coded:
        findings.rows += [row for seed, one in coded[LONG].items() for row in measured(LONG, order(one), seed)]
        findings.pictures["components.png"] = error_per_component(errors_of({LONG: coded[LONG]}))
    findings.summary = findings.summary or f"{LONG}, no sweep of λ"
    return findings


def over_weights(coded: Mapping[str, BySeed], weights: Mapping[str, float], data: ImageSet) -> Findings:
    """Correlation, leakage and error over λ."""
    rows = sweep_rows(coded, data)
    table = as_table(rows).drop(columns="place")
    table.insert(0, "weight", table["method"].map(dict(weights)))
    table = table.sort_values(["weight", "seed"], ignore_index=True)
    k = table.filter(regex="^mse_k").shape[1]
    best = table.groupby("weight")["area_leakage" if "area_leakage" in table else f"mse_k{k}"].mean().idxmin()
    shown = {column: words for column, words in SHOWN.items() if column in table} | {f"mse_k{k}": f"MSE, k = {k}"}
    return Findings(
        rows,
        {"lambda.png": sweep_figure(table, "weight", "λ", shown)},
        tables={"lambda": table},
        summary=f"area leaks least at λ = {best:g}" if k > 1 else f"one component, least error at λ = {best:g}",
    )


def sweep_rows(coded: Mapping[str, BySeed], data: ImageSet) -> list[Measured]:
    """Error by components and, with two or more, largest correlation and leakage of the area, by variant and seed."""
    rows = []
    for name, by_seed in coded.items():
        for seed, one in by_seed.items():
            values = order(one) | area_leakage(association(one.codes, data.test_factors))
            if one.model.components > 1:
                values["max_correlation"] = max_correlation(one.codes)
            rows += measured(name, values, seed)
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
