"""Make grids for the report's latent explorer, over the components of a neighbourhood (slide 47)."""

from latentspace.gan import evaluated, explorer
from latentspace.gan.params import Sizes
from latentspace.gan.roles import AVATARS, FACES, PCA_AE
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        regressor, sizes = run.input("models/gan/regressor.safetensors"), run.read(Sizes, "gan_train.images")
        trained = {name: found[PCA_AE] for name, found in evaluated.groups(run, [AVATARS, FACES]).items()}
        measures = {name: evaluated.measure(run, each, regressor) for name, each in trained.items()}
        run.record(explorer.experiment(trained, measures, sizes))


if __name__ == "__main__":
    main()
