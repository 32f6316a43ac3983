"""Make grids of ellipses for the report's latent explorer: plain autoencoder and PCA autoencoder (slide 39)."""

from latentspace.images import image_set
from latentspace.organise import explorer
from latentspace.organise.coded import load_models
from latentspace.organise.params import Variants
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = run.read(Variants, "organise_train.variants")
        models = load_models(run.inputs("models/organise/ellipses", explorer.TITLES), variants, run.seeds)
        data = image_set.load(run.input("data/organise/ellipses.npz"))
        run.record(explorer.experiment(models, data))


if __name__ == "__main__":
    main()
