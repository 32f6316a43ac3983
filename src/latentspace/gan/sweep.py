"""Explained share from small neighbourhoods to the whole latent space, where five components are too few (slide 51)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from latentspace.gan.roles import PCA_AE, SWEEP
from latentspace.gan.trials import Trial, evaluate_all, explained_table, numbers
from latentspace.pipeline.measured import Findings
from latentspace.plots.naming import colour, marker, words
from latentspace.plots.style import Picture, axes_grid

BASELINES = ["ganspace", "jacobian"]


COMPONENTS = 5  # number of components in the picture, if there are as many


def experiment(trials: Sequence[Trial]) -> Findings:
    """Evaluate all methods in neighbourhoods of increasing σ."""
    results = evaluate_all(trials)
    rows = []
    for trial, found in zip(trials, results, strict=True):
        sigma = f"{trial.place.sigma:g}".replace(".", "_")
        rows += numbers(found, f"{SWEEP}.sigma_{sigma}.")
    table = explained_table([result for found in results for result in found])
    ours = table[table["method"] == PCA_AE]
    k = min(COMPONENTS, int(ours["components"].max()))
    shares = ours[ours["components"] == k].groupby("sigma", sort=False)["explained"].mean()
    return Findings(
        rows,
        {"sigma.png": explained_over_sigma(table, k)},
        tables={SWEEP: table},
        summary=", ".join(f"σ {sigma:g}: {share:.2f}" for sigma, share in shares.items()),
    )


def explained_over_sigma(table: pd.DataFrame, components: int) -> Picture:
    """Explained share with the first `components` components over σ, one curve per method (slide 51)."""
    figure, ((axes,),) = axes_grid(1, 1, width=4.6, height=3.2)
    for method, rows in table[table["components"] == components].groupby("method", sort=False):
        mean = rows.groupby("sigma")["explained"].mean()
        style = {"color": colour(str(method)), "label": words(str(method))}
        axes.plot(mean.index, mean.to_numpy(), f"{marker(str(method))}-", **style)
    axes.set(xlabel="σ (anchors have length √d, 1 per coordinate)", ylabel=f"share explained, k = {components}")
    axes.set(xscale="log", ylim=(0, 1))
    ticks = sorted(table["sigma"].unique())
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.legend(fontsize=8)
    return figure
