"""Grids for the report's latent explorer: ellipses, the plain beside the PCA autoencoder (slide 39)."""

import torch

from latentspace import explorer
from latentspace.core.stage import stage
from latentspace.organise import dataset, measures
from latentspace.organise.experiments import code
from latentspace.organise.figures import axis_names
from latentspace.organise.pca_autoencoder import in_chunks

TITLES = {"pca_ae": "PCA autoencoder", "plain": "plain autoencoder"}


@torch.no_grad()
def main() -> None:
    with stage(__file__) as run:
        data = dataset.load(run.input("data/organise/ellipses.npz"))
        for name, by_seed in code(run, "models/organise", list(TITLES), data).items():
            coded = by_seed[min(by_seed)]
            labels = axis_names(measures.association(coded.codes, data.test_factors))
            pictures = in_chunks(coded.model.decode, explorer.cube(coded.model.components))[:, 0].numpy()
            explorer.write(run, name, pictures, {"title": f"Ellipses: {TITLES[name]}", "kind": "cube"}, labels)
            run.say(f"{name}: {len(pictures)} pictures")


if __name__ == "__main__":
    main()
