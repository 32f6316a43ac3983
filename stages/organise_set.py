"""Order, decorrelate and name the components of any image set, next to linear PCA (slides 31-39)."""

import sys

from latentspace.images import image_set
from latentspace.organise import set as any_set
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.pipeline.stage import stage


def main(name: str) -> None:
    with stage(__file__, name) as run:
        variants = run.read(Variants, "organise_train.variants")
        models = load_models(run.inputs(f"models/organise/{name}", [name]), variants, run.seeds)
        data = image_set.load(run.input(f"data/organise/{name}.npz"))
        run.record(any_set.experiment(models[name], data))


if __name__ == "__main__":
    main(sys.argv[1])
