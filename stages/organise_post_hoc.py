"""Learn first, organise afterwards (last slide): a PCA autoencoder inside the plain autoencoder's latent space."""

from latentspace.core.stage import stage
from latentspace.organise.params import PostHoc
from latentspace.organise.training import organise_afterwards_and_record


def main() -> None:
    with stage(__file__) as run:
        organise_afterwards_and_record(
            run,
            "data/organise/ellipses.npz",
            "models/organise/plain",
            run.read(PostHoc, "organise_post_hoc"),
            "models/organise_post_hoc",
            run.seeds,
            run.compute,
        )


if __name__ == "__main__":
    main()
