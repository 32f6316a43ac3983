"""Make a generator of styles and one of latents from the downloaded files, of images of 64² (slide 42)."""

from latentspace.nn import models
from latentspace.photos import generator
from latentspace.photos.params import Spaces
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        made, quality = generator.make(run.input("data/files"), run.read(Spaces, "gan_photos_generator"))
        for name, each in made.items():
            models.save(each, run.output(f"models/gan/generator/{name}/generator.safetensors"))
        run.record(generator.experiment(made, quality))


if __name__ == "__main__":
    main()
