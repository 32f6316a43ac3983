"""Render traversals at the generator's full size (slide 46)."""

from latentspace.gan.params import Sizes
from latentspace.photos import generator, shown
from latentspace.photos.params import Shown, Spaces
from latentspace.photos.trained import trained
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        section, sizes = run.read(Shown, "gan_photos_shown"), run.read(Sizes, "gan_photos_train.images")
        full, found = generator.full(run.input("data/files"), run.read(Spaces, "gan_photos_generator")), trained(run)
        chosen = {name: found[name] for name in section.names}
        run.record(shown.experiment(chosen, full, sizes, section.steps, section.side))


if __name__ == "__main__":
    main()
