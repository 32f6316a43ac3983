"""Compare organised neighbourhoods with all baselines: explained share, attributes, navigation (slides 45-47)."""

from latentspace.gan import codes
from latentspace.gan.directions import METHODS
from latentspace.gan.inputs import organised
from latentspace.gan.params import Sizes, Source
from latentspace.gan.regressor_network import measure_of
from latentspace.gan.trials import Trial, trials
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        regressor, sizes = run.input("models/gan/regressor.safetensors"), run.read(Sizes, "gan_train.images")
        compared: dict[str, list[Trial]] = {}
        for name, variants in codes.COMPARED.items():
            found = {method: organised(run, variant) for variant, method in variants.items()}
            source = run.read(Source, f"gan_generator.sources.{found['pca_ae'].variant.generator}")
            compared[name] = trials(found, sizes, measure_of(source.attributes, regressor), list(METHODS))
        run.record(codes.experiment(compared))


if __name__ == "__main__":
    main()
