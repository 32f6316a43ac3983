"""Pack the decoders of ellipses for the report's latent explorer: PCA autoencoder and plain autoencoder (slide 39)."""

from latentspace.organise import explorer
from latentspace.organise.coded import load_models, with_plain
from latentspace.organise.selected import ELLIPSES, PCA_AE, folders, load_set, variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        variants = variants_of(run)
        models = with_plain(load_models(folders(run, variants, ELLIPSES, [PCA_AE]), variants, run.seeds))
        run.record(explorer.experiment(models, load_set(run, ELLIPSES)))


if __name__ == "__main__":
    main()
