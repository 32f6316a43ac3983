"""Compare the images of a product, and of the generator in assets/, with those of the training (slides 40-41)."""

import sys

from latentspace.gan.network import load_generator
from latentspace.images import labelled
from latentspace.pipeline.stage import stage
from latentspace.pretraining import quality


def main(name: str) -> None:
    with stage(__file__, name) as run:
        paths = {
            "product": run.input(f"products/{name}.safetensors"),
            "shipped": run.input("../assets") / f"{name}.safetensors",
        }
        generators = {key: load_generator(path) for key, path in paths.items() if path.exists()}
        run.record(quality.experiment(generators, labelled.load(run.input(f"data/{name}.npz"))))


if __name__ == "__main__":
    main(sys.argv[1])
