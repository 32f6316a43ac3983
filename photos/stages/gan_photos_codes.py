"""Compare organised neighbourhoods of faces with all baselines: explained share, statistics, order (slides 45-47)."""

from latentspace.gan import codes
from latentspace.gan.attributes import statistics
from latentspace.gan.directions import METHODS
from latentspace.gan.evaluated import compared
from latentspace.gan.params import Sizes
from latentspace.gan.trials import trials
from latentspace.photos.trained import trained
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        sizes, found = run.read(Sizes, "gan_photos_train.images"), trained(run)
        groups = compared({name: each.variant for name, each in found.items()})
        by_method = {group: {how: found[name] for name, how in names.items()} for group, names in groups.items()}
        run.record(
            codes.experiment(
                {group: trials(models, sizes, statistics, list(METHODS)) for group, models in by_method.items()}
            )
        )


if __name__ == "__main__":
    main()
