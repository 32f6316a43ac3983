"""Compare our arithmetic with the GAN zoo's on files in the four released shapes (slide 42)."""

from latentspace.gan import zoo
from latentspace.gan.params import Zoo
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        run.record(zoo.experiment(run.read(Zoo, "gan_zoo")))


if __name__ == "__main__":
    main()
