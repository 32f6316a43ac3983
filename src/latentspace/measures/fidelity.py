"""How much generated images look like real ones, from features of both: Fréchet distance, precision and recall."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from latentspace.measures.columns import need_two

ROWS = 1000  # rows of distances that are in memory at once

Features = Float[np.ndarray, "n d"]
Others = Float[np.ndarray, "m d"]


def frechet_distance(real: Features, generated: Others) -> float:
    """Squared Fréchet distance between two normal distributions with the means and covariances of the features.

    |μ − μ'|² + tr(C + C' − 2 (C C')^½), in the squared unit of the features; 0 for equal moments. The estimate from n
    images is too large by an amount that falls as 1/n, so only distances from equally many images compare.

    Raises:
        ValueError: if there are fewer than two rows of either.

    Source: M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", 2017.
    """
    for features in (real, generated):
        need_two("a Fréchet distance", len(features), "images")
    means = [features.mean(0, dtype=np.float64) for features in (real, generated)]
    one, other = (np.atleast_2d(np.cov(features.astype(np.float64), rowvar=False)) for features in (real, generated))
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    # C C' has the eigenvalues of C^½ C' C^½, which is symmetric.
    shared = np.sqrt(np.linalg.eigvalsh(root @ other @ root).clip(0)).sum()
    return float(np.square(means[0] - means[1]).sum() + np.trace(one) + np.trace(other) - 2 * shared)


def precision_recall(real: Features, generated: Others, neighbours: int = 3) -> tuple[float, float]:
    """Share of generated images that lie among real ones (precision), and of real among generated ones (recall).

    An image lies among others if it is nearer to one of them than that one's k-th nearest neighbour. Precision falls
    with images that look wrong, recall with kinds of image that are never generated.

    Args:
        real: features of real images.
        generated: features of as many generated ones.
        neighbours: k.

    Raises:
        ValueError: if one has not more rows than `neighbours`.

    Source: T. Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019.
    """
    if min(len(real), len(generated)) <= neighbours:
        raise ValueError(f"{neighbours} neighbours need more than {neighbours} images of either kind")
    one, other = (torch.from_numpy(np.ascontiguousarray(features)).double() for features in (real, generated))
    return _share_among(other, one, neighbours), _share_among(one, other, neighbours)


def _share_among(images: Float[Tensor, "n d"], others: Float[Tensor, "m d"], neighbours: int) -> float:
    """Share of the images that lie within the radius of one of the others."""
    radii = torch.cat([torch.cdist(part, others).kthvalue(neighbours + 1).values for part in others.split(ROWS)])
    among: Bool[Tensor, " n"] = torch.cat([(torch.cdist(part, others) <= radii).any(1) for part in images.split(ROWS)])
    return float(among.double().mean())
