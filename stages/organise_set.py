"""Order, decorrelation and a name for every component of any image set, linear PCA beside (slides 31-39)."""

import sys

from latentspace.core.stage import stage
from latentspace.organise import dataset, figures, measures
from latentspace.organise.experiments import attributes, beside_linear, by_components, code, set_numbers
from latentspace.organise.figures import axis_names

TITLES = {"linear_pca": "linear PCA", "pca_ae": "PCA autoencoder"}


def main(variant: str) -> None:
    with stage(__file__, variant) as run:
        data = dataset.load(run.input(f"data/organise/{variant}.npz"))
        found = code(run, "models/organise_set", [variant], data)
        all_ = beside_linear(found[variant], data)
        metrics = set_numbers(all_)
        run.metrics(metrics)
        run.figure("errors.png", figures.error_per_component(by_components(metrics)))
        first = {title: all_[name][min(all_[name])] for name, title in TITLES.items()}
        tables = {title: measures.association(coded.codes, attributes(data)) for title, coded in first.items()}
        run.matrix("covariance", measures.covariance_table(first[TITLES["pca_ae"]].codes))
        run.figure("attributes.png", figures.heat_maps(tables, "|Pearson| with the attributes", low=0.0))
        grids = {title: figures.traversals(coded.model, 9) for title, coded in first.items()}
        names = {title: axis_names(table) for title, table in tables.items()}
        run.figure("traversals.png", figures.traversal_grid(grids, names))
        run.animation("traversals.gif", figures.traversal_frames(grids, names))
        run.say(", ".join(names[TITLES["pca_ae"]]))


if __name__ == "__main__":
    main(sys.argv[1])
