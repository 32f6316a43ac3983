"""Encode translation, a 2-D factor, with packets of sizes [2, 1], [1, 2] and [1, 1, 1] (slide 48)."""

from latentspace.images import image_set
from latentspace.organise import packets
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = run.read(Variants, "organise_train.variants")
        models = load_models(run.inputs("models/organise/disks", packets.VARIANTS), variants, run.seeds)
        data = image_set.load(run.input("data/organise/disks.npz"))
        run.record(packets.experiment(models, data))


if __name__ == "__main__":
    main()
