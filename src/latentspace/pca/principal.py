"""Principal components of data sets that do not fit into memory as floats, by orthogonal iteration."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.nn.chunks import CHUNK
from latentspace.nn.rows import Rows

IN_MEMORY = 2**30  # bytes, the largest set that is decomposed as a whole
MORE, PASSES = 10, 6  # further axes that are iterated, and passes over the data


def principal_components(
    rows: Rows, components: int
) -> tuple[Float[Tensor, " features"], Float[Tensor, "components features"], Float[Tensor, " components"]]:
    """Mean, axes and standard deviations of the leading principal components, in passes over the data.

    Source: N. Halko, P. Martinsson and J. Tropp, "Finding structure with randomness", 2011.
    """
    n, features = len(rows), rows[:1].numel()
    mean = torch.zeros(features, dtype=torch.float64)
    for part in rows.split(CHUNK):
        mean += part.flatten(1).sum(0, dtype=torch.float64) / n
    centre, width = mean.float(), min(components + MORE, features)
    basis = torch.linalg.qr(torch.randn(features, width, generator=torch.Generator().manual_seed(0)))[0]
    for _ in range(PASSES):
        basis = torch.linalg.qr(_covariance_times(rows, centre, basis).float())[0]
    small = basis.double().T @ _covariance_times(rows, centre, basis)
    variances, turn = torch.linalg.eigh((small + small.T) / 2)
    axes = (basis.double() @ turn).T.flip(0)[:components]
    return mean, axes, variances.flip(0)[:components].clamp_min(0).sqrt()


def _covariance_times(
    rows: Rows, mean: Float[Tensor, " features"], basis: Float[Tensor, "features k"]
) -> Float[Tensor, "features k"]:
    """The covariance of the rows times a few vectors, in double precision."""
    product = torch.zeros(basis.shape, dtype=torch.float64)
    for part in rows.split(CHUNK):
        centred = part.flatten(1) - mean
        product += centred.T @ (centred @ basis)
    return product / (len(rows) - 1)
