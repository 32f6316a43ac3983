"""The best code of a family of images with one parameter, if the code is noisy; derived in docs/organise.md.

A family x(t) with weights p(t) has the code g(t), of mean 0 and variance 1. The decoder sees z = g(t) + σ ε, with ε
standard normal, and outputs the posterior mean D(z) = E[x | z], which no decoder surpasses. Its squared error needs
only the scalar products of the images. Without noise the error of every one-to-one g is 0; with noise one g is best.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Values = Float[Tensor, " n"]
FAR = 7.0  # standard deviations, beyond which a Gaussian is negligible
STEPS = 3  # of the quadrature over z, per standard deviation of the noise: exact to 1e-9 for sums of Gaussians
EVALUATIONS = 200  # of the error, at most, in search of the best code


@dataclass(frozen=True)
class Family:
    """A family of images at n values of its parameter, in increasing order.

    Attributes:
        gram: scalar products ⟨x(tᵢ), x(tⱼ)⟩ in float64, shape (n, n).
        weights: shares of the values, which sum to 1, shape (n,).
    """

    gram: Float[Tensor, "n n"]
    weights: Values


def standardised(code: Values, weights: Values) -> Values:
    """The code shifted and scaled to mean 0 and variance 1."""
    centred = code - (weights * code).sum()
    return centred / (weights * centred.square()).sum().sqrt()


def noise_error(code: Values, family: Family, noise: float) -> Float[Tensor, ""]:
    """Squared error of the best decoder from a noisy code, E‖x − E[x | z]‖² = E‖x‖² − E‖E[x | z]‖².

    Args:
        code: g at the family's values, in any order; neighbours should differ by less than `noise`.
        family: the images.
        noise: standard deviation σ of the noise, in units of the code, > 0.
    """
    low, high = code.detach().aminmax()
    step = noise / STEPS
    z = torch.arange(float(low) - FAR * noise, float(high) + FAR * noise, step, dtype=torch.float64)
    joint = family.weights * torch.exp(-0.5 * ((z[:, None] - code) / noise).square())
    joint = joint * (step / (noise * math.sqrt(2 * math.pi)))
    kept = ((joint @ family.gram) * joint).sum(1) / joint.sum(1).clamp_min(1e-300)
    return (family.weights * family.gram.diagonal()).sum() - kept.sum()


def best_code(
    error: Callable[[Values], Float[Tensor, ""]], weights: Values, start: Values | None = None
) -> Float[Tensor, " n"]:
    """The increasing code of mean 0 and variance 1 with the least error, by L-BFGS on the logarithms of its increments.

    Args:
        error: of a standardised code, such as `noise_error`; differentiable.
        weights: of the family's values, shape (n,).
        start: an increasing code to begin with; by default the ranks.
    """
    first = torch.arange(len(weights), dtype=torch.float64) if start is None else start
    logarithms = first.diff().log().requires_grad_(True)
    scale = float(error(standardised(first, weights)))
    optimiser = torch.optim.LBFGS(
        [logarithms],
        max_iter=EVALUATIONS,
        max_eval=EVALUATIONS,
        history_size=30,
        tolerance_grad=1e-7,
        tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = error(_increasing(logarithms, weights)) / scale
        loss.backward()
        return loss

    optimiser.step(closure)
    return _increasing(logarithms.detach(), weights)


def _increasing(logarithms: Float[Tensor, " m"], weights: Values) -> Values:
    shares = logarithms.softmax(0)  # of the whole range, which does not overflow
    return standardised(torch.cat([shares.new_zeros(1), shares.cumsum(0)]), weights)


def first_order_error(code: Values, parameter: Values, family: Family, noise: float) -> Float[Tensor, ""]:
    """σ² E[‖x′(t)‖² / g′(t)²], the limit of `noise_error` for small noise, by differences between neighbours."""
    step = parameter.diff()
    gram, middle = family.gram, (family.weights[1:] + family.weights[:-1]) / 2
    speed = (gram.diagonal()[1:] + gram.diagonal()[:-1] - 2 * gram.diagonal(1)) / step.square()
    slope = code.diff() / step
    return noise**2 * (middle * speed / slope.square()).sum() / middle.sum()


def edge_error(
    code: Values, place: Values, length: Values, weights: Values, noise: float, blur: float
) -> Float[Tensor, ""]:
    """Error of images of one moving edge: E[l (√(b² + σ²/g′²) − b) / √π], whatever σ/g′ is beside the blur b.

    Noise σ on the code displaces the edge by σ/g′, normally distributed, so that the posterior mean has the same edge,
    blurred by √(b² + σ²/g′²). The range of the edge's places must be wide beside σ/g′.

    Args:
        code: g, increasing, shape (n,).
        place: of the edge along its normal, such as the radius of a disk, in pixels, shape (n,).
        length: l, of the edge in pixels, shape (n,).
        weights: of the places, shape (n,).
        noise: σ.
        blur: standard deviation b of the point spread, in pixels.
    """
    step = place.diff()
    middle = (weights[1:] + weights[:-1]) / 2
    displaced = noise * step / code.diff()
    widened = (blur**2 + displaced.square()).sqrt() - blur
    return (middle * (length[1:] + length[:-1]) / 2 * widened).sum() / (middle.sum() * math.sqrt(math.pi))


def first_component(family: Family) -> Float[Tensor, " n"]:
    """Score of the family's first principal component, the limit of the best code for strong noise; variance 1."""
    roots = family.weights.sqrt()
    centring = torch.eye(len(roots), dtype=torch.float64) - family.weights
    centred = centring @ family.gram @ centring.T
    axis = torch.linalg.eigh(roots[:, None] * centred * roots)[1][:, -1]
    return standardised(axis / roots, family.weights)
