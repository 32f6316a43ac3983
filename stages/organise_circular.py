"""Encode a circular factor, whose components can be uncorrelated but dependent, with two penalties (slide 36)."""

from latentspace.images import image_set
from latentspace.organise import circular
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = run.read(Variants, "organise_train.variants")
        models = load_models(run.inputs("models/organise/dial", circular.VARIANTS), variants, run.seeds)
        data = image_set.load(run.input("data/organise/dial.npz"))
        run.record(circular.experiment(models, data))


if __name__ == "__main__":
    main()
