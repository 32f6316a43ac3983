"""Order, decorrelation and meaning of the codes of ellipses: the PCA autoencoder beside every rival (slides 36-39)."""

from latentspace.core.stage import stage
from latentspace.organise import dataset, figures, measures
from latentspace.organise.experiments import by_components, code, comparison, ellipse_numbers
from latentspace.organise.figures import axis_names

COMPARED = ["pca_ae", "no_cov", "plain", "distance_correlation", "nested_dropout", "beta_vae", "linear_pca"]

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


def main() -> None:
    with stage(__file__) as run:
        data = dataset.load(run.input("data/organise/ellipses.npz"))
        all_ = code(run, "models/organise", COMPARED, data)
        all_["post_hoc"] = code(run, "models", ["organise_post_hoc"], data)["organise_post_hoc"]
        metrics = ellipse_numbers(all_, data)
        run.metrics(metrics)
        table = comparison(metrics)
        run.table("comparison", table)
        run.figure("comparison.png", figures.comparison(table, PANELS))
        first = {name: by_seed[min(by_seed)] for name, by_seed in all_.items()}
        factors = {name: measures.association(coded.codes, data.test_factors) for name, coded in first.items()}
        for name in ("pca_ae", "plain"):
            run.matrix(f"covariance_{name}", measures.covariance_table(first[name].codes))
            run.matrix(f"correlation_{name}", measures.correlation_table(first[name].codes))
        shown = {name: measures.correlation_table(first[name].codes) for name in ("pca_ae", "no_cov", "plain")}
        run.figure("correlation.png", figures.heat_maps(shown, "Pearson correlation"))
        run.figure("factors.png", figures.heat_maps(factors, "|Pearson| with the factors", low=0.0))
        run.figure("errors.png", figures.error_per_component(by_components(metrics)))
        run.figure("codes.png", figures.codes_over_factors(first["pca_ae"].codes, data.test_factors, "PCA autoencoder"))
        grids = {name: figures.traversals(first[name].model, 9) for name in ("plain", "pca_ae")}
        names = {name: axis_names(factors[name]) for name in grids}
        run.figure("traversals.png", figures.traversal_grid(grids, names))
        run.animation("traversals.gif", figures.traversal_frames(grids, names))
        run.say("PCA autoencoder: " + ", ".join(names["pca_ae"]))


if __name__ == "__main__":
    main()
