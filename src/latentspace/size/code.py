"""Relation of the code to radius and area, without and with a contractive penalty (slide 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images
from latentspace.nn.models import to_batch
from latentspace.pipeline.measured import Findings, Measured, measured, value_of
from latentspace.plots.naming import words
from latentspace.plots.style import Picture, axes_grid
from latentspace.size.measures import BySeed, Values, mse, r2, respond, responses
from latentspace.size.network import ShapeAutoencoder, contraction
from latentspace.size.params import TrainDisks, Variant

PLAIN = ["bias", "linear_encoder", "equal_rate"]


def contractive(study: TrainDisks) -> dict[str, Variant]:
    """Variants with a contractive penalty, without those of the hole study, in the order of params.yaml."""
    return {name: v for name, v in study.variants.items() if v.penalty == "contractive" and v.hole is None}


def weights(penalised: Mapping[str, Variant]) -> dict[str, float]:
    """Weights of the penalty of those variants that form the sweep over weights: initialised with ``edges``."""
    return {name: variant.weight for name, variant in penalised.items() if variant.init == "edges"}


def experiment(
    networks: Mapping[str, Mapping[int, ShapeAutoencoder]], penalised: Mapping[str, Variant], data: ShapeDataset
) -> Findings:
    """Compare the code with radius and area, and choose the weight of the contractive penalty that best gives the area.

    Args:
        networks: by variant, one or more of `PLAIN` and all of `penalised`, and seed.
        penalised: variants with a contractive penalty.
        data: disks.
    """
    found = responses(networks, data)
    rows = [row for name in found for row in code_against_size(name, networks[name], found[name], data)]
    shown = [name for name in [*PLAIN, *list(penalised)[-3:]] if name in found]
    codes = {name: {seed: r.codes[:, 0] for seed, r in found[name].items()} for name in shown}
    findings = Findings(rows, {"code.png": code_curves(codes, data.test_radii)}, summary=_summary(rows))
    if sweep := weights(penalised):
        table = weights_table(rows, sweep, networks, {name: found[name] for name in sweep}, data)
        findings.rows += (best := best_weight(table))
        findings.pictures["trade_off.png"] = trade_off(table)
        findings.tables["contractive_trade_off"] = table
        findings.summary = f"contractive weight {best[0].value:g}: {_summary(best)}"
    return findings


def _summary(rows: Sequence[Measured]) -> str:
    fits = [row.value for row in rows if row.measure == "area_r2"]
    return f"code affine in r² with R² = {np.mean(fits):.5f}"


def code_against_size(
    name: str, networks: Mapping[int, ShapeAutoencoder], by_seed: BySeed, data: ShapeDataset
) -> list[Measured]:
    """|Pearson| of the code with radius and area, R² as an affine function of r², contraction; by seed (slide 13)."""
    rows = []
    for seed, response in by_seed.items():
        z, r = response.codes[:, 0], data.test_radii
        values = {
            "code_radius_pearson": pearson(z, r),
            "code_area_pearson": pearson(z, r**2),
            "area_r2": affine_r2(r**2, z),
            "contraction": mean_contraction(networks[seed], data.test),
        }
        rows += measured(name, values, seed)
    return rows


def pearson(x: Values, y: Values) -> float:
    """|Pearson correlation|."""
    return float(abs(np.corrcoef(x, y)[0, 1]))


def affine_r2(x: Values, y: Values) -> float:
    """R² of y as an affine function of x."""
    slope, intercept = np.polyfit(x, y, 1)
    return r2(slope * x + intercept, y)


def mean_contraction(network: ShapeAutoencoder, images: Images) -> float:
    """E‖∂z/∂x‖² / var(z) over `images`: the contractive penalty of a trained encoder."""
    x = to_batch(images).requires_grad_()
    return float(contraction(network.encode(x), x).detach())


def weights_table(
    rows: Sequence[Measured],
    weights: Mapping[str, float],
    networks: Mapping[str, Mapping[int, ShapeAutoencoder]],
    found: Mapping[str, BySeed],
    data: ShapeDataset,
) -> pd.DataFrame:
    """Area fit and error per pixel on the test set, and the fit on the validation set: a row per variant and seed."""
    return pd.DataFrame(
        [
            {
                "weight": weight,
                "seed": seed,
                "validation_r2": validation_r2(networks[name][seed], data),
                "area_r2": value_of(rows, name, "area_r2", seed),
                "test_mse": mse(response.outputs, data.test),
            }
            for name, weight in weights.items()
            for seed, response in found[name].items()
        ]
    )


def validation_r2(network: ShapeAutoencoder, data: ShapeDataset) -> float:
    """R² of the codes of the validation set as an affine function of r²."""
    return affine_r2(data.validation_radii**2, respond(network, data.validation).codes[:, 0])


def best_weight(table: pd.DataFrame) -> list[Measured]:
    """The weight of the largest mean R² on the validation set, with its R² and errors on the test set by seed."""
    best = table.groupby("weight")["validation_r2"].mean().idxmax()
    rows = [Measured("contractive", "weight", best)]
    for one in table[table["weight"] == best].itertuples():
        rows += measured("contractive", {"area_r2": one.area_r2, "test_mse": one.test_mse}, one.seed)
    return rows


def code_curves(codes: Mapping[str, Mapping[int, Values]], radii: Values) -> Picture:
    """Codes over radius (above) and over area (below), one column per variant, one line per seed (slide 13)."""
    figure, axes = axes_grid(2, len(codes), width=2.6, height=2.3)
    for column, (name, by_seed) in zip(axes.T, codes.items(), strict=True):
        for seed, z in by_seed.items():
            unit = (z - z.mean()) / z.std()
            unit *= np.sign(np.corrcoef(unit, radii)[0, 1])
            column[0].plot(radii, unit, label=f"seed {seed}")
            column[1].plot(np.pi * radii**2, unit)
        column[0].set(title=words(name), xlabel="radius r (pixels)")
        column[1].set(xlabel="area πr² (pixels)")
    axes[0, 0].set_ylabel("code z, standardised")
    axes[1, 0].set_ylabel("code z, standardised")
    axes[0, 0].legend()
    return figure


def trade_off(table: pd.DataFrame) -> Picture:
    """Area fit and reconstruction error over the weight of the contractive penalty (slide 13, footnote)."""
    figure, ((left, right),) = axes_grid(1, 2, width=3.8)
    values, mean = ((t.assign(misfit=1 - t["area_r2"])) for t in (table, table.groupby("weight").mean()))
    positions = np.arange(len(mean))
    labels = [f"{weight:g}" for weight in mean.index]
    places = values["weight"].map(dict(zip(mean.index, positions, strict=True)))
    columns = {"misfit": "1 − R² of the code as affine in r²", "test_mse": "squared error per pixel"}
    for axes, (column, label) in zip((left, right), columns.items(), strict=True):
        axes.semilogy(places, values[column], "o", alpha=0.5)
        axes.semilogy(positions, mean[column], "-", color="C0")
        axes.set(xlabel="weight of the contractive penalty", ylabel=label, xticks=positions, xticklabels=labels)
    left.axhline(1e-3, color="k", lw=0.8, ls=":", label="R² = 0.999")
    left.legend()
    return figure
