"""Grids of ellipses for the report's latent explorer: the plain autoencoder and the PCA autoencoder (slide 39)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from latentspace.images.image_set import ImageSet
from latentspace.measures.matching import association
from latentspace.nn.chunks import in_chunks
from latentspace.organise.coded import Networks, attributes, encode, of_first_seed
from latentspace.organise.selected import PCA_AE, PLAIN
from latentspace.pipeline.measured import Findings, Picture
from latentspace.plots import explorer
from latentspace.plots.naming import words
from latentspace.plots.strips import shown
from latentspace.plots.tables import axis_names

SHOWN = (PCA_AE, PLAIN)


@torch.no_grad()
def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """Decoded images on a grid over the components, for the first seed of one or both variants in `SHOWN`.

    The page moves one component of all variants at once, so that all have the grid of the one with most components;
    those that a variant does not have do not change its images.
    """
    pictures: dict[str, Picture] = {}
    counts = []
    coded = of_first_seed(encode(models, data))
    kind, grid = explorer.grid(max(one.model.components for one in coded.values()))
    for name, one in coded.items():
        labels = axis_names(association(one.codes, attributes(data)))
        labels += [f"z{i + 1}: none" for i in range(len(labels), grid.shape[1])]
        images = fitting(in_chunks(one.model.decode, grid[:, : one.model.components]))
        facts = {"title": f"Ellipses: {words(name)}", "kind": kind}
        pictures |= explorer.files_of(name, shown(images.numpy()), facts, labels)
        counts.append(f"{name}: {len(images)} pictures")
    return Findings(pictures=pictures, summary=", ".join(counts))


def fitting(images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n channels small small"]:
    """Images that fit on one sheet, shrunk by means over blocks of pixels if they must be."""
    factor = -(-images.shape[-1] // explorer.largest_side(len(images)))
    return F.avg_pool2d(images, factor) if factor > 1 else images
