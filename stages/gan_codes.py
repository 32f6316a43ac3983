"""Compare organised neighbourhoods with all baselines: explained share, attributes, navigation (slides 45-47)."""

from latentspace.gan import codes, evaluated
from latentspace.gan.directions import METHODS
from latentspace.gan.params import Sizes
from latentspace.gan.roles import AVATARS, FACES, NO_COV, PCA_AE
from latentspace.gan.trials import trials
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        regressor, sizes = run.input("models/gan/regressor.safetensors"), run.read(Sizes, "gan_train.images")
        compared = {
            name: trials(found, sizes, evaluated.measure(run, found[PCA_AE], regressor), list(METHODS))
            for name, found in evaluated.groups(run, [AVATARS, FACES, NO_COV]).items()
        }
        run.leave_out(evaluated.without_sefa(compared))
        run.record(codes.experiment(compared))


if __name__ == "__main__":
    main()
