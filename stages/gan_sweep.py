"""Measure explained shares from a small neighbourhood to the whole latent space (slide 51)."""

from latentspace.gan import evaluated, sweep
from latentspace.gan.params import Sizes
from latentspace.gan.roles import PCA_AE, SWEEP
from latentspace.gan.trials import trials
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        found = {PCA_AE: evaluated.one(run, SWEEP)}
        sizes = run.read(Sizes, "gan_train.images")
        run.record(sweep.experiment(trials(found, sizes, None, sweep.BASELINES)))


if __name__ == "__main__":
    main()
