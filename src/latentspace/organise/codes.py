"""Codes of ellipses by the PCA autoencoder and baselines: order, decorrelation, match with factors (slides 36-39)."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.ticker import NullFormatter

from latentspace.images import image_set
from latentspace.images.image_set import ImageSet
from latentspace.measures.agreement import agreement
from latentspace.measures.columns import Factors
from latentspace.measures.dependence import correlation_table, covariance_table
from latentspace.measures.matching import association
from latentspace.measures.moments import size_horizontal_vertical
from latentspace.organise.coded import BySeed, Coded, Networks, dependence, encode, errors_of, of_first_seed, order
from latentspace.organise.factors import ellipse_factors, public_attributes
from latentspace.organise.params import Variants
from latentspace.organise.schematic import growth
from latentspace.organise.selected import ELLIPSES, GROWN, LONG, PCA_AE, PLAIN, on, swept
from latentspace.pca import afterwards, baselines  # noqa: F401, the code of the models that are compared here
from latentspace.pipeline.measured import Findings, Measured, as_table, measured
from latentspace.pipeline.measured import Picture as Saveable
from latentspace.pipeline.workers import in_shares
from latentspace.plots.animation import Animation
from latentspace.plots.naming import colour, words
from latentspace.plots.style import Picture, axes_grid
from latentspace.plots.tables import axis_names, error_per_component, heat_maps
from latentspace.plots.traversals import traversal_frames, traversal_grid, traversals

RIVALS = ["distance_correlation", "nested_dropout", "beta_vae", "beta_tcvae", "least_volume", "linear_pca"]
# From the talk's algorithm to the shipped one, each step with one thing more; and noise × λ, with and without.
STEPS = ["literal", "literal_noise", "literal_noise_readout", GROWN, "packets_ellipses", PCA_AE]
CORNERS = ["literal_no_cov", "no_noise_no_cov", "no_noise", "no_cov"]
ABLATION = [*STEPS, *CORNERS]
KNOWN = [*dict.fromkeys([PCA_AE, *ABLATION, *RIVALS])]
CORRELATED = [PCA_AE, "no_noise", "no_noise_no_cov", PLAIN]  # whose correlations are drawn
SHOWN = [PLAIN, PCA_AE]  # whose traversals are drawn; the last one's codes too
PANELS = {
    "max_correlation": "largest |correlation|",
    "area_pearson": "area: |Pearson|",
    "area_leakage": "area: leakage",
    "factor_match_rotated": "elongation, rotated",
    "infom": "InfoM",
    "sap": "SAP",
    "dci_disentanglement": "DCI",
    "agreement": "agreement of seeds",
}


def compared(variants: Variants) -> list[str]:
    """Variants on ellipses that are compared: all but those of the sweeps only."""
    swept_only = {*swept(variants), LONG} - {*KNOWN}
    return [name for name in on(variants, ELLIPSES) if name not in swept_only]


def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """All measures of all variants, and figures of the models of the first seed.

    Args:
        models: by variant and seed; figures show those of `SHOWN`, or the first variant if there are none.
        data: images of ellipses, with their factors.
    """
    coded = encode(models, data)
    rows = scores_of_all(coded, data)
    table = comparison(rows)
    first = of_first_seed(coded)
    # The methods that are compared with one another, without the steps between them.
    broad = [name for name in first if name not in ABLATION or name in (PCA_AE, GROWN)] or list(first)
    factors = {name: association(first[name].codes, data.test_factors) for name in broad}
    some = broad[:1]  # where none of the talk's variants is there
    correlation = {name: correlation_table(first[name].codes) for name in there(CORRELATED, first) or some}
    shown = there(SHOWN, first) or some
    main = shown[-1]
    matrices = {f"covariance_{name}": covariance_table(first[name].codes) for name in shown}
    matrices |= {f"correlation_{name}": correlation_table(first[name].codes) for name in shown}
    pictures: dict[str, Saveable] = {
        "growth.png": growth(),
        "comparison.png": comparison_figure(*with_error(rows_of(table, broad))),
        "correlation.png": heat_maps(correlation, "Pearson correlation"),
        "factors.png": heat_maps(factors, "|Pearson| with the factors", low=0.0),
        "errors.png": error_per_component(errors_of({name: coded[name] for name in broad})),
        "codes.png": codes_over_factors(first[main].codes, data.test_factors, main),
    }
    if ablated := there(ABLATION, first):
        pictures["ablation.png"] = comparison_figure(*with_error(rows_of(table, ablated)))
    names = {name: axis_names(factors[name]) for name in shown}
    pictures |= traversal_pictures({name: first[name] for name in names}, names)
    return Findings(rows, pictures, matrices, {"comparison": table}, ", ".join(names[main]))


def rows_of(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The rows of some methods, in that order."""
    return table.set_index("method").loc[list(names)].reset_index()


def like_for_like(models: Mapping[str, Networks], data: ImageSet) -> list[Measured]:
    """All measures on ellipses drawn as in the authors' code, to compare with the numbers of their public runs."""
    return scores_of_all(encode(models, data), data)


def there(names: Sequence[str], found: Container[str]) -> list[str]:
    """Those of `names` that were found."""
    return [name for name in names if name in found]


def traversal_pictures(coded: Mapping[str, Coded], names: Mapping[str, Sequence[str]]) -> dict[str, Saveable]:
    """Traversals of every component, as a picture and as an animation (slide 39)."""
    grids = {name: traversals(one.model, 9) for name, one in coded.items()}
    return {
        "traversals.png": traversal_grid(grids, names),
        "traversals.gif": Animation(traversal_frames(grids, names)),
    }


def scores_of_all(coded: Mapping[str, BySeed], data: ImageSet) -> list[Measured]:
    """All measures of every variant and seed, and the agreement of the seeds of a variant that has several."""
    public = size_horizontal_vertical(image_set.to_batch(data.test)[:, 0])
    codes = [one.codes for by_seed in coded.values() for one in by_seed.values()]
    scores = iter(in_shares(partial(scores_of_codes, data.test_factors, public), codes))
    rows = []
    for name, by_seed in coded.items():
        for seed, one in by_seed.items():
            rows += measured(name, order(one) | next(scores), seed)
        if len(by_seed) > 1:
            rows += measured(name, {"agreement": agreement({seed: one.codes for seed, one in by_seed.items()})})
    return rows


def scores_of_codes(
    factors: Factors, public: Factors, codes: Sequence[Float[np.ndarray, "n _"]]
) -> list[dict[str, float]]:
    """Measures of the dependence of each code's components, and of their match with factors.

    Args:
        factors: of ellipses.
        public: S, H and V of the images, measured as in the authors' code.
        codes: of the images by several models.
    """
    return [dependence(each) | ellipse_factors(each, factors) | public_attributes(each, public) for each in codes]


def comparison(rows: Sequence[Measured]) -> pd.DataFrame:
    """Means over seeds, one row per variant, one column per measure."""
    return as_table(rows).drop(columns=["seed", "place"]).groupby("method", sort=False).mean().reset_index()


def with_error(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table with a column ``mse``, the error from all components, and titles of the columns to draw."""
    errors = table.filter(regex="^mse_k")
    numbers = errors.notna().sum(axis=1).unique()
    title = f"MSE, k = {numbers[0]}" if len(numbers) == 1 else "MSE, all components"
    shown = {column: words for column, words in PANELS.items() if column in table}
    return table.assign(mse=errors.ffill(axis=1).iloc[:, -1]), {"mse": title, **shown}


def comparison_figure(table: pd.DataFrame, columns: Mapping[str, str]) -> Picture:
    """Means over seeds, one panel per measure (`columns`), one bar per variant that has the measure."""
    figure, axes = axes_grid(1, len(columns), width=1.75, height=0.32 * len(table) + 1.0)
    lines = range(len(table))
    for cell, (column, title) in zip(axes[0], columns.items(), strict=True):
        colours = [colour(name) or "0.7" for name in table["method"]]
        cell.barh(lines, table[column].fillna(0), color=colours, log=column == "mse")  # without a value, an empty row
        for row, value in enumerate(table[column]):
            if not np.isnan(value):
                cell.text(value, row, f" {value:.2g}", va="center", fontsize=7)
        cell.xaxis.set_minor_formatter(NullFormatter())  # of the logarithmic one
        cell.set_title(title, fontsize=8)
        cell.set_yticks(lines, [])
        cell.margins(x=0.35)
        cell.tick_params(axis="x", labelsize=6)
        cell.invert_yaxis()
    axes[0, 0].set_yticks(lines, [words(name) for name in table["method"]])
    return figure


def codes_over_factors(
    codes: Float[np.ndarray, "n k"], factors: Mapping[str, Float[np.ndarray, " n"]], title: str
) -> Picture:
    """Every component over every factor, one point per test image."""
    figure, axes = axes_grid(codes.shape[1], len(factors), width=2.2, height=1.7)
    for row, line in enumerate(axes):
        for cell, (name, values) in zip(line, factors.items(), strict=True):
            cell.scatter(values, codes[:, row], s=1, alpha=0.3, rasterized=True)
            cell.set(xlabel=words(name) if row == codes.shape[1] - 1 else "")
        line[0].set_ylabel(f"z{row + 1}")
    figure.suptitle(words(title), fontsize=9)
    return figure
