"""Grids of ellipses for the report's latent explorer: the plain autoencoder and the PCA autoencoder (slide 39)."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from latentspace.images.image_set import ImageSet
from latentspace.measures.matching import association
from latentspace.nn.chunks import in_chunks
from latentspace.organise.coded import Networks, encode, of_first_seed
from latentspace.pipeline.measured import Findings, Picture
from latentspace.plots import explorer
from latentspace.plots.tables import axis_names

TITLES = {"pca_ae": "PCA autoencoder", "plain": "plain autoencoder"}


@torch.no_grad()
def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """Decoded images on a grid over all components, for the first seed of every variant in `TITLES`."""
    pictures: dict[str, Picture] = {}
    counts = []
    for name, coded in of_first_seed(encode(models, data)).items():
        labels = axis_names(association(coded.codes, data.test_factors))
        decoded = in_chunks(coded.model.decode, explorer.cube(coded.model.components))[:, 0].numpy()
        facts = {"title": f"Ellipses: {TITLES[name]}", "kind": "cube"}
        pictures |= explorer.files_of(name, decoded, facts, labels)
        counts.append(f"{name}: {len(decoded)} pictures")
    return Findings(pictures=pictures, summary=", ".join(counts))
