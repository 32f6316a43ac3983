"""Measure explained shares from a small neighbourhood to the whole latent space (slide 51)."""

from latentspace.gan import sweep
from latentspace.gan.inputs import organised
from latentspace.gan.params import Sizes
from latentspace.gan.trials import trials
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        found = {"pca_ae": organised(run, "sweep")}
        sizes = run.read(Sizes, "gan_train.images")
        run.record(sweep.experiment(trials(found, sizes, None, sweep.BASELINES)))


if __name__ == "__main__":
    main()
