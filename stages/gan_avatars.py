"""Draw avatars with their factors: the labels that the talk's photographs do not have (slides 40, 46)."""

from latentspace.core.stage import stage
from latentspace.gan import figures
from latentspace.gan.params import Sizes
from latentspace.gan.pretraining import avatars, dataset
from latentspace.gan.pretraining.params import Avatars

GLASSES = 0.5  # share of heads that wear them


def main() -> None:
    with stage(__file__) as run:
        section = run.read(Sizes, "gan_avatars")
        count = section.train_images + section.test_images
        drawn = avatars.make(Avatars(images=count, seed=section.seed, glasses=GLASSES))
        for name, part in (("test", slice(section.test_images)), ("train", slice(section.test_images, None))):
            path = run.output(f"data/gan/avatars/{name}.npz")
            dataset.save(dataset.ImageSet(drawn.images[part], drawn.factors[part], drawn.names), path)
            run.dataset(f"avatars_{name}", path)
        rows = [("", drawn.images[first : first + 12] / 255) for first in range(0, 36, 12)]
        run.figure("examples.png", figures.rows_of_images(rows))
        run.say(f"{count} avatars with {', '.join(drawn.names)}")


if __name__ == "__main__":
    main()
