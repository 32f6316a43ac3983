"""Make grids for the report's latent explorer, over pairs of components of a neighbourhood (slide 47)."""

from latentspace.gan import explorer
from latentspace.gan.inputs import organised
from latentspace.gan.params import Sizes, Source
from latentspace.gan.regressor_network import measure_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        regressor, sizes = run.input("models/gan/regressor.safetensors"), run.read(Sizes, "gan_train.images")
        trained = {name: organised(run, name) for name in explorer.VARIANTS}
        sources = {
            name: run.read(Source, f"gan_generator.sources.{each.variant.generator}") for name, each in trained.items()
        }
        measures = {name: measure_of(source.attributes, regressor) for name, source in sources.items()}
        run.record(explorer.experiment(trained, measures, sizes))


if __name__ == "__main__":
    main()
