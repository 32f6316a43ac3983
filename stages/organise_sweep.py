"""Sweep the weight λ of the penalty and the number of components (slides 37-39)."""

from latentspace.images import image_set
from latentspace.organise import sweep
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = run.read(Variants, "organise_train.variants")
        weights = sweep.swept(variants)
        models = load_models(run.inputs("models/organise/ellipses", [*weights, sweep.LONG]), variants, run.seeds)
        data = image_set.load(run.input("data/organise/ellipses.npz"))
        run.record(sweep.experiment(models, weights, data))


if __name__ == "__main__":
    main()
