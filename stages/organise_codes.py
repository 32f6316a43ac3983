"""Measure order, decorrelation and match with the factors of the codes of ellipses, with baselines (slides 36-39)."""

from latentspace.images import image_set
from latentspace.nn.latent import LatentModel
from latentspace.nn.models import load_seeds
from latentspace.organise import codes
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = run.read(Variants, "organise_train.variants")
        models = load_models(run.inputs("models/organise/ellipses", codes.VARIANTS), variants, run.seeds)
        models["post_hoc"] = load_seeds(run.input("models/organise_post_hoc"), list(models["plain"]), LatentModel)
        data = image_set.load(run.input("data/organise/ellipses.npz"))
        run.record(codes.experiment(models, data))


if __name__ == "__main__":
    main()
