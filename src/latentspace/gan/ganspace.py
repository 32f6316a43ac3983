"""GANSpace: straight lines in the latent space along which the images' principal components change."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.neighbourhood import Sample

Columns = Float[Tensor, "latent k"]


FITTED = 4096  # largest number of training images to which straight lines are fitted; they need no more


def ganspace(data: Sample, k: int) -> Columns:
    """Directions from the least-squares regression of the images' first k principal components on the offsets.

    They are columns, not orthonormal, whose length is the change of the component per unit of the offset.

    Source: E. Härkönen et al., "GANSpace", 2020, section 3.2, with the images themselves as activations.
    """
    return regressed(data, image_pca(data.images, k).transform(flat(data.images)))


def regressed(data: Sample, scores: Float[np.ndarray, "n k"]) -> Columns:
    """Directions, as columns, from the least-squares regression of scores of the images on the offsets."""
    solution = np.linalg.lstsq(data.offsets.double().numpy(), scores, rcond=None)[0]
    return torch.as_tensor(solution).float()


def orthonormal(columns: Columns) -> Float[Tensor, "latent _"]:
    """Columns orthonormalised in their order; at most as many as an offset has numbers."""
    q, r = torch.linalg.qr(columns[:, : len(columns)].double())
    return (q * r.diagonal().sign()).float()


def image_pca(images: Float[Tensor, "n channels h w"], k: int) -> Any:
    """First k principal components of images, or as many as there are; an upper bound for linear methods."""
    from sklearn.decomposition import PCA

    rows = flat(images)
    return PCA(min(k, *rows.shape), svd_solver="randomized", random_state=0).fit(rows)


def flat(images: Float[Tensor, "n channels h w"]) -> Float[np.ndarray, "n numbers"]:
    """Images as rows of numbers, float32."""
    return images.flatten(1).float().numpy()
