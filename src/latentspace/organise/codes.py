"""Codes of ellipses by the PCA autoencoder and baselines: order, decorrelation, match with factors (slides 36-39)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

from latentspace.images import image_set
from latentspace.images.image_set import ImageSet
from latentspace.measures import columns
from latentspace.measures.dependence import correlation_table, covariance_table
from latentspace.measures.factors import dci, mutual_information_gap, sap
from latentspace.measures.matching import association, best_rotation, leakage, matching
from latentspace.measures.moments import size_horizontal_vertical
from latentspace.organise.coded import BySeed, Coded, Networks, dependence, encode, errors_of, of_first_seed, order
from latentspace.pca import afterwards, baselines  # noqa: F401, the code of the models that are compared here
from latentspace.pipeline.measured import Findings, Measured, as_table, measured
from latentspace.pipeline.measured import Picture as Saveable
from latentspace.plots.animation import Animation
from latentspace.plots.style import Picture, axes_grid
from latentspace.plots.tables import axis_names, error_per_component, heat_maps
from latentspace.plots.traversals import traversal_frames, traversal_grid, traversals

VARIANTS = ["pca_ae", "no_cov", "plain", "distance_correlation", "nested_dropout", "beta_vae", "linear_pca"]
PAIR = ("log_ratio_cos", "log_ratio_sin")  # an isotropic pair, whose axes only the pixel grid fixes
PANELS = {
    "mse_k3": "MSE, k = 3",
    "max_correlation": "largest |correlation|",
    "area_pearson": "area: |Pearson|",
    "area_leakage": "area: leakage",
    "factor_match_rotated": "log-ratios, rotated",
    "mig": "MIG",
    "sap": "SAP",
    "dci_disentanglement": "DCI",
}


def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """All measures of all variants, and figures of the models of the first seed.

    Args:
        models: by variant and seed; must include ``pca_ae``, ``no_cov`` and ``plain``.
        data: images of ellipses, with their factors.
    """
    coded = encode(models, data)
    rows = scores_of_all(coded, data)
    table = comparison(rows)
    first = of_first_seed(coded)
    factors = {name: association(one.codes, data.test_factors) for name, one in first.items()}
    correlation = {name: correlation_table(first[name].codes) for name in ("pca_ae", "no_cov", "plain")}
    matrices = {f"covariance_{name}": covariance_table(first[name].codes) for name in ("pca_ae", "plain")}
    matrices |= {f"correlation_{name}": correlation[name] for name in ("pca_ae", "plain")}
    pictures: dict[str, Saveable] = {
        "comparison.png": comparison_figure(table, PANELS),
        "correlation.png": heat_maps(correlation, "Pearson correlation"),
        "factors.png": heat_maps(factors, "|Pearson| with the factors", low=0.0),
        "errors.png": error_per_component(errors_of(coded)),
        "codes.png": codes_over_factors(first["pca_ae"].codes, data.test_factors, "PCA autoencoder"),
    }
    names = {name: axis_names(factors[name]) for name in ("plain", "pca_ae")}
    pictures |= traversal_pictures({name: first[name] for name in names}, names)
    return Findings(rows, pictures, matrices, {"comparison": table}, ", ".join(names["pca_ae"]))


def traversal_pictures(coded: Mapping[str, Coded], names: Mapping[str, Sequence[str]]) -> dict[str, Saveable]:
    """Traversals of every component, as a picture and as an animation (slide 39)."""
    grids = {name: traversals(one.model, 9) for name, one in coded.items()}
    return {
        "traversals.png": traversal_grid(grids, names),
        "traversals.gif": Animation(traversal_frames(grids, names)),
    }


def ellipse_factors(codes: Float[np.ndarray, "n k"], data: ImageSet) -> dict[str, float]:
    """Scores of the components as the factors of ellipses, after optimal one-to-one matching (Hungarian algorithm).

    The two log-ratio factors are an isotropic pair, so their scores are also computed after the best rotation of the
    two components that are not matched to area (``…_rotated``).
    """
    factors = data.test_factors
    table = association(codes, factors)
    match = matching(table)
    area = match["area"][0]
    scores = {
        "area_pearson": match["area"][1],
        "area_spearman": float(association(codes, factors, "spearman").loc[area, "area"]),
        "area_leakage": leakage(table, "area", area),
        "factor_match": float(np.mean([match[name][1] for name in PAIR])),
    }
    others = [i for i in range(codes.shape[1]) if f"z{i + 1}" != area][:2]
    pair = np.column_stack([factors[name] for name in PAIR])
    _, turned = best_rotation(codes[:, others], pair)
    rotated = codes.copy()
    rotated[:, others] = turned
    pairs = association(turned, {name: factors[name] for name in PAIR})
    scores["factor_match_rotated"] = float(np.mean([score for _, score in matching(pairs).values()]))
    return (
        scores
        | disentanglement(codes, factors)
        | {f"{name}_rotated": score for name, score in disentanglement(rotated, factors).items()}
    )


def disentanglement(codes: Float[np.ndarray, "n k"], factors: columns.Factors) -> dict[str, float]:
    """MIG, SAP and DCI scores, as defined in `latentspace.measures.factors`."""
    scores = dci(codes, factors)
    return {
        "mig": mutual_information_gap(codes, factors),
        "sap": sap(codes, factors),
        "dci_disentanglement": scores.disentanglement,
        "dci_completeness": scores.completeness,
        "dci_informativeness": scores.informativeness,
    }


def public_attributes(codes: Float[np.ndarray, "n k"], attributes: columns.Factors) -> dict[str, float]:
    """|Pearson| with the authors' attributes S, H and V, after optimal matching."""
    return {name: score for name, (_, score) in matching(association(codes, attributes)).items()}


def scores_of_all(coded: Mapping[str, BySeed], data: ImageSet) -> list[Measured]:
    """All measures of every variant and seed."""
    public = size_horizontal_vertical(image_set.to_batch(data.test)[:, 0])
    rows = []
    for name, by_seed in coded.items():
        for seed, one in by_seed.items():
            values = order(one) | dependence(one.codes) | ellipse_factors(one.codes, data)
            rows += measured(name, values | public_attributes(one.codes, public), seed)
    return rows


def comparison(rows: Sequence[Measured]) -> pd.DataFrame:
    """Means over seeds, one row per variant, one column per measure."""
    return as_table(rows).drop(columns=["seed", "place"]).groupby("method", sort=False).mean().reset_index()


def comparison_figure(table: pd.DataFrame, columns: Mapping[str, str]) -> Picture:
    """Means over seeds, one panel per measure (`columns`), one bar per variant."""
    figure, axes = axes_grid(1, len(columns), width=1.75, height=0.32 * len(table) + 1.0)
    for index, (cell, (column, words)) in enumerate(zip(axes[0], columns.items(), strict=True)):
        colours = ["C1" if name == "pca_ae" else "C0" for name in table["method"]]
        cell.barh(table["method"], table[column], color=colours)
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
) -> Picture:
    """Every component over every factor, one point per test image."""
    figure, axes = axes_grid(codes.shape[1], len(factors), width=2.2, height=1.7)
    for row, line in enumerate(axes):
        for cell, (name, values) in zip(line, factors.items(), strict=True):
            cell.scatter(values, codes[:, row], s=1, alpha=0.3, rasterized=True)
            cell.set(xlabel=name.replace("_", " ") if row == codes.shape[1] - 1 else "")
        line[0].set_ylabel(f"z{row + 1}")
    figure.suptitle(title, fontsize=9)
    return figure
