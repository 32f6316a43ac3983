"""Make a generator of styles and one of latents from the downloaded files, each at 64² and at 1024² (slide 42)."""

from latentspace.nn import models
from latentspace.photos import generator
from latentspace.photos.params import Spaces
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        made, quality = generator.make(run.input("data/files"), run.read(Spaces, "gan_photos_generator"))
        folder = run.output("models/gan/generator")
        for name, (small, full) in made.items():
            models.save(small, folder / name / "generator.safetensors")
            models.save(full, folder / name / "full.safetensors")
        run.record(generator.experiment(made, quality))


if __name__ == "__main__":
    main()
