"""From a small neighbourhood to the whole latent space, where the PCA autoencoder stops working (slide 51)."""

from latentspace.core.stage import stage
from latentspace.gan import figures
from latentspace.gan.experiments import evaluate_all, explained_table, numbers, trials
from latentspace.gan.params import Train

COMPONENTS = 4  # of which the picture shows the share explained


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Train, "gan_train")
        jobs = trials(run, section, {"sweep": "pca_ae"}, ["ganspace", "jacobian"], None)
        results = evaluate_all(jobs)
        metrics: dict[str, float] = {}
        for job, found in zip(jobs, results, strict=True):
            sigma = f"sigma_{job.place.neighbourhood.sigma:g}".replace(".", "_")
            metrics |= numbers(found, f"sweep.{sigma}.")
        run.metrics(metrics)
        table = explained_table([result for found in results for result in found])
        table["sigma"] = table["neighbourhood"].str.extract(r"sigma_([\d.]+)")[0].astype(float)
        run.table("sweep", table)
        run.figure("sigma.png", figures.sigma_sweep(table, COMPONENTS))
        ours = table[(table["method"] == "pca_ae") & (table["components"] == COMPONENTS)]
        run.say(", ".join(f"σ {row.sigma:g}: {row.explained:.2f}" for row in ours.itertuples()))


if __name__ == "__main__":
    main()
