"""Penalties on the dependence of new components on previous ones: covariance (eq. 14) or distance correlation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.pca.names import PenaltyName

Penalty = Callable[[Tensor, Tensor], Tensor]


def covariance(frozen: Float[Tensor, "batch i"], new: Float[Tensor, "batch j"]) -> Float[Tensor, ""]:
    """L_cov of eq. 14 for codes of zero mean: (1/k) Σ (mean over the batch of z_i z_j)².

    The sum runs over all pairs of a new component and a previous one, frozen or in the same packet; k is the number of
    all components, frozen and new.
    """
    k = frozen.shape[1] + new.shape[1]
    across = (frozen.T @ new / len(new)).square().sum()
    within = torch.triu(new.T @ new / len(new), diagonal=1).square().sum()
    return (across + within) / k


def distance_correlation(frozen: Float[Tensor, "batch i"], new: Float[Tensor, "batch j"]) -> Float[Tensor, ""]:
    """The same sum with squared distance correlations, which vanish only for independent components.

    Bias-corrected (U-centred), as the plain statistic of a small batch is far from 0 even for independent numbers.

    Raises:
        ValueError: if the batch has fewer than 4 rows.

    Source: G. Székely and M. Rizzo, "Partial distance correlation with methods for dissimilarities", 2014.
    """
    columns = torch.cat([frozen, new], 1).T
    if columns.shape[1] < 4:
        raise ValueError(f"a batch of {columns.shape[1]}: distance correlation needs at least 4 images")
    centred = u_centred((columns[:, :, None] - columns[:, None, :]).abs())
    flat = centred.flatten(1)
    products = flat @ flat.T
    own = products.diagonal()
    squared = products * (own[:, None] * own[None, :]).clamp_min(torch.finfo(products.dtype).tiny).rsqrt()
    pairs = torch.triu(squared, diagonal=1)[:, frozen.shape[1] :]
    return pairs.sum() / len(columns)


def u_centred(distances: Float[Tensor, "i n n"]) -> Float[Tensor, "i n n"]:
    """U-centre distance matrices: rows and columns sum to 0, the diagonal is 0, and products are unbiased."""
    n = distances.shape[-1]
    rows = distances.sum(-1, keepdim=True) / (n - 2)
    centred = distances - rows - rows.mT + distances.sum((-2, -1), keepdim=True) / ((n - 1) * (n - 2))
    return centred * (1 - torch.eye(n, dtype=distances.dtype, device=distances.device))


PENALTIES: dict[PenaltyName, Penalty] = {"covariance": covariance, "distance_correlation": distance_correlation}
