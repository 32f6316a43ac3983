"""Train a PCA autoencoder in the plain autoencoder's latent space: learn first, organise afterwards (last slide)."""

from latentspace.organise.params import PostHoc
from latentspace.organise.post_hoc import organise_afterwards_and_record
from latentspace.organise.selected import variants_of
from latentspace.pipeline.stage import stage


def main() -> None:
    with stage(__file__) as run:
        organise_afterwards_and_record(run, run.read(PostHoc, "organise_post_hoc"), variants_of(run))


if __name__ == "__main__":
    main()
