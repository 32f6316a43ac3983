"""Draw avatars with known factors, as the talk's photographs have no labels (slides 40, 46)."""

from latentspace.gan import avatars
from latentspace.gan.params import DrawnSets
from latentspace.images import labelled
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        sets = avatars.draw(run.read(DrawnSets, "gan_avatars"))
        for name, data in sets.items():
            path = run.output(f"data/gan/avatars/{name}.npz")
            labelled.save(data, path)
            run.dataset(f"avatars_{name}", path)
        run.record(avatars.experiment(sets))


if __name__ == "__main__":
    main()
