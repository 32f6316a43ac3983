"""Pack generators and organised neighbourhoods for the report's latent explorer (slides 45-47)."""

from latentspace.gan import evaluated, explorer
from latentspace.gan.params import Sizes
from latentspace.gan.roles import AVATARS, FACES, PCA_AE
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        regressor, sizes = run.input("models/gan/regressor.safetensors"), run.read(Sizes, "gan_train.images")
        groups = evaluated.groups(run, [AVATARS, FACES])
        measures = {name: evaluated.measure(run, group[PCA_AE], regressor) for name, group in groups.items()}
        run.record(explorer.experiment(groups, measures, sizes))


if __name__ == "__main__":
    main()
