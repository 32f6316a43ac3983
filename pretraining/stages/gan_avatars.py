"""Draw heads with recorded factors (DiceBear's avataaars), as the talk's photographs have no labels."""

from latentspace.images import avatars, labelled
from latentspace.images.params import Avatars
from latentspace.pipeline.stage import stage
from latentspace.pretraining.avatars import experiment


def main() -> None:
    with stage(__file__) as run:
        data = avatars.make(run.read(Avatars, "gan_avatars"))
        path = run.output("data/avatars.npz")
        labelled.save(data, path)
        run.dataset("avatars", path)
        run.record(experiment(data))


if __name__ == "__main__":
    main()
