"""The decoding energy without a network: Airy's closed form and the discretised eigenproblem (slides 16-17)."""

from __future__ import annotations

import numpy as np

from latentspace.pipeline.measured import Findings, measured
from latentspace.plots.style import Picture, axes_grid
from latentspace.size.optimum import (
    Profile,
    airy_profile,
    explained_share,
    k_r3,
    numerical_profile,
    radial_relative_l2,
)


def experiment(rings: int, radius: float) -> Findings:
    """Compare the closed form with the eigenproblem on `rings` rings, for disks up to `radius` pixels."""
    rho, profile, share = numerical_profile(rings, radius)
    numbers = {
        "k_r3": k_r3(),
        "numerical_k_r3": curvature(rho, profile) * radius**3,
        "explained_share": share,
        "closed_form_share": explained_share(),
        "numerical_airy_l2": radial_relative_l2(profile, airy_profile(rho, radius), rho),
    }
    return Findings(
        measured("theory", numbers),
        {"profile.png": profiles(rho, profile, radius)},
        summary=f"eigenproblem against Airy {numbers['numerical_airy_l2']:.1e}, k R³ = {numbers['k_r3']:.7f}",
    )


def curvature(rho: Profile, f: Profile) -> float:
    """The k of f″ = −k f ρ (eq. 8) that fits a curve best, by least squares, in pixels⁻³.

    The ends are left out, as differences there are one-sided.
    """
    step = rho[1] - rho[0]
    second = (f[2:] - 2 * f[1:-1] + f[:-2]) / step**2
    weight = f[1:-1] * rho[1:-1]
    return -float((second * weight).sum() / np.square(weight).sum())


def profiles(rho: Profile, numerical: Profile, radius: float) -> Picture:
    """The numerical optimum, Airy's function, and their difference (slides 16-17)."""
    figure, ((left, right),) = axes_grid(1, 2, width=3.8)
    left.plot(rho, numerical, lw=3, alpha=0.4, label="eigenproblem")
    left.plot(rho, airy_profile(rho, radius), "k--", lw=1, label="Airy, f(R) = 0")
    left.set(xlabel="ρ (pixels)", ylabel="f(ρ)")
    left.legend()
    right.plot(rho, numerical - airy_profile(rho, radius))
    right.set(xlabel="ρ (pixels)", ylabel="eigenproblem − Airy")
    return figure
