"""Exact decorrelation of a packet's codes on the training set: Gram-Schmidt, undone before decoding."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Deflation(nn.Module):
    """Subtract from new codes their linear regression on earlier ones, and normalise what is left.

    Codes y of a frozen encoder become z = (y − b S) M, where b are the earlier codes, S the slopes of the regression
    and M upper triangular, so that every component is also uncorrelated with those before it in its own packet, and
    has variance 1. `undo` gives y back, for which the decoder was trained: the reconstruction does not change.

    Args:
        before: number of earlier components, which are uncorrelated and have mean 0 and variance 1.
        size: number of new components.
    """

    slopes: Tensor
    mix: Tensor
    unmix: Tensor

    def __init__(self, before: int, size: int) -> None:
        super().__init__()
        self.register_buffer("slopes", torch.zeros(before, size))
        self.register_buffer("mix", torch.eye(size))
        self.register_buffer("unmix", torch.eye(size))

    def forward(self, y: Float[Tensor, "n size"], earlier: Float[Tensor, "n before"]) -> Float[Tensor, "n size"]:
        """Decorrelated codes of a frozen encoder's codes."""
        return (y - earlier @ self.slopes) @ self.mix

    def undo(self, z: Float[Tensor, "n size"], earlier: Float[Tensor, "n before"]) -> Float[Tensor, "n size"]:
        """The frozen encoder's codes of decorrelated ones."""
        return z @ self.unmix + earlier @ self.slopes

    def settle(self, y: Float[Tensor, "n size"], earlier: Float[Tensor, "n before"]) -> None:
        """Set the regression to that of the whole training set; columns of `y` have mean 0.

        Raises:
            ValueError: if a new component is a linear function of those before it.
        """
        y, earlier = y.double(), earlier.double()
        slopes = torch.linalg.lstsq(earlier, y).solution if earlier.shape[1] else earlier.T @ y
        left = y - earlier @ slopes
        covariance = left.T @ left / len(left)
        unmix, failed = torch.linalg.cholesky_ex(covariance, upper=True)
        if int(failed) or not bool((unmix.diagonal() > 1e-6).all()):
            raise ValueError("a component is a linear function of those before it: the data have no more structure")
        self.slopes.copy_(slopes)
        self.unmix.copy_(unmix)
        self.mix.copy_(torch.linalg.inv(unmix))
