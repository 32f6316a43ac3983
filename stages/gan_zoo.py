"""GAN zoo files in the four released shapes, read back and run: ours against the zoo's arithmetic (slide 42)."""

from pathlib import Path
from tempfile import TemporaryDirectory

from latentspace.core.stage import stage
from latentspace.gan.params import Zoo
from latentspace.gan.zoo_files import worst_difference


def main() -> None:
    with stage(__file__) as run, TemporaryDirectory() as folder:
        section = run.read(Zoo, "gan_zoo")
        worst = worst_difference(Path(folder), section.divide, section.seed)
        run.metrics({"zoo.max_difference": worst})
        run.say(f"largest difference to the zoo's forward pass {worst:.1e}")


if __name__ == "__main__":
    main()
