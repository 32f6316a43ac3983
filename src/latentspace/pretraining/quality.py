"""Quality of a product: how much its images look like those it was trained on, by numbers that anyone can repeat.

The features are those of a small convolutional network with fixed random weights: three levels of texture and shape,
each averaged over the quarters of the image. They need no download, and random networks order generators much as
trained ones do, but their unit is their own: only distances in the same features compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.network import Generator
from latentspace.images.labelled import LabelledImages, Pixels, centred
from latentspace.measures.fidelity import frechet_distance, precision_recall
from latentspace.pipeline.measured import Findings, Measured, measured
from latentspace.pretraining.samples import samples, sheet

IMAGES = 5000  # of each kind
SEED = 1  # of the generated ones, and of the choice of real ones
WIDTHS = [3, 32, 64, 128]
BATCH = 100
REAL = "real"  # the distance of the data set from itself: two halves, without an image in common


class RandomFeatures(nn.Module):
    """Fixed convolutions of stride 2 with random filters: means of every level over the quarters of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(i, o, 5, stride=2, padding=2, bias=False) for i, o in pairwise(WIDTHS))
        draw = torch.Generator().manual_seed(0)
        for weight in self.parameters():
            nn.init.orthogonal_(weight.flatten(1), gain=2**0.5, generator=draw)
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch features"]:
        """Features of images with values in [−1, 1]."""
        found = []
        for level in self.levels:
            x = F.relu(level(x))
            found.append(F.adaptive_avg_pool2d(x, 2).flatten(1))
        return torch.cat(found, 1)


@torch.no_grad()
def features_of(images: Pixels) -> Float[np.ndarray, "n features"]:
    """Random features of images."""
    network = RandomFeatures().eval()
    batches = torch.from_numpy(images).permute(0, 3, 1, 2).split(BATCH)
    return torch.cat([network(centred(batch)) for batch in batches]).numpy()


def experiment(generators: Mapping[str, Generator], data: LabelledImages, images: int = IMAGES) -> Findings:
    """Fréchet distance, precision and recall of generators by name, and of one half of the data set for the other.

    Args:
        generators: with images of the data's size.
        data: the data set of the training.
        images: how many of each kind are compared; half the data set, if it has fewer than twice as many.
    """
    order = np.random.default_rng(SEED).permutation(len(data.images))
    count = min(images, len(order) // 2)
    real, others = (data.images[np.sort(part)] for part in (order[:count], order[count : 2 * count]))
    reference = features_of(real)
    rows = _rows(REAL, reference, others)
    found = Findings(rows)
    for name, generator in generators.items():
        made = samples(generator, count, SEED)
        found.rows += _rows(name, reference, made)
        found.pictures[f"{name}.png"] = sheet(made)
    said = [f"{row.method} {row.value:.3g}" for row in found.rows if row.measure == "frechet"]
    found.summary = f"Fréchet distance of {count} images: {', '.join(said)}"
    return found


def _rows(name: str, reference: Float[np.ndarray, "n features"], images: Pixels) -> list[Measured]:
    made = features_of(images)
    precision, recall = precision_recall(reference, made)
    return measured(name, {"frechet": frechet_distance(reference, made), "precision": precision, "recall": recall})
