"""The optimal bias-free decoder of disks: the energy of eqs. 3-7, its optimum in closed form and by two eigenproblems.

A bias-free decoder can only scale one image, y = h(r) f (eq. 2), so training maximises ∫₀ᴿ ⟨f, 1_Br⟩² dr over ‖f‖ = 1
(eq. 3). Its stationary points satisfy Airy's equation f″ = −k f ρ (eq. 8); the natural boundary condition f(R) = 0
fixes k. docs/size.md derives both.
"""

from __future__ import annotations

import numpy as np
import scipy
from jaxtyping import Float

Profile = Float[np.ndarray, " n"]


def first_zero() -> float:
    """First positive zero of the Bessel function J₋₁/₃, 1.8663508589."""
    return float(scipy.optimize.brentq(lambda x: scipy.special.jv(-1 / 3, x), 1.0, 2.5, xtol=1e-15, rtol=1e-15))


def k_r3() -> float:
    """The constant k R³ = (9/4) j² of eq. 8 for which f(R) = 0 (dimensionless, 7.8373474389)."""
    return 9 / 4 * first_zero() ** 2


def airy_profile(rho: Float[np.ndarray, "*shape"], radius: float) -> Float[np.ndarray, "*shape"]:
    """Closed-form profile of the optimal bias-free disk decoder.

    Solves f″ = −k f ρ with f(0) = 1, f′(0) = 0; the natural condition f(radius) = 0 fixes k.

    Args:
        rho: distances from the disk centre, in pixels, any shape.
        radius: R, the largest radius in the training set, in pixels, > 0.

    Returns:
        f(rho), of the shape of `rho`: 1 at the centre and 0 from `radius` outwards.

    Raises:
        ValueError: if `radius` is not positive.

    Source: slides 16-18, eq. 8.
    """
    if radius <= 0:
        raise ValueError(f"radius = {radius} must be positive")
    scale = k_r3() ** (1 / 3) / radius
    ai, _, bi, _ = scipy.special.airy(-scale * np.asarray(rho, dtype=float))
    ai0, _, bi0, _ = scipy.special.airy(0.0)
    return np.where(np.asarray(rho) < radius, (np.sqrt(3) * ai + bi) / (np.sqrt(3) * ai0 + bi0), 0.0)


def explained_share() -> float:
    """Share of ∫‖1_Br‖² dr that the optimal bias-free decoder explains in the continuum: 6 / (k R³) = 0.76556."""
    return 6 / k_r3()


def numerical_profile(n: int, radius: float) -> tuple[Profile, Profile, float]:
    """Optimum of the decoding energy (eq. 3) by a discretised eigenproblem, without using Airy's equation.

    f is sampled at the centres of `n` rings; ⟨f, 1_Br⟩ is then a cumulative sum over rings, and the optimum is the top
    right-singular vector of its matrix in the measure 2πρ dρ.

    Args:
        n: number of rings, > 1.
        radius: R in pixels.

    Returns:
        Ring centres in pixels, shape (n,); f at these, shape (n,), scaled to Airy's value at the innermost ring; and
        the share of the total energy that f explains.

    Source: slides 16-18, eqs. 3-7.
    """
    width = radius / n
    rho = (np.arange(n) + 0.5) * width
    root = np.sqrt(2 * np.pi * rho * width)  # square root of each ring's area
    start = root / np.linalg.norm(root)
    _, singular, right = scipy.sparse.linalg.svds(_projections(root), k=1, v0=start, tol=1e-12)
    f = right[0] / root
    total = np.pi * (rho**2).sum()  # ∫ ‖1_Br‖² dr / width
    return rho, f / f[0] * airy_profile(rho[:1], radius)[0], float(singular[0] ** 2 / total)


def _projections(root: Profile) -> scipy.sparse.linalg.LinearOperator:
    """Linear map from ring coefficients, √area · f, to ⟨f, 1_Br⟩ with r at the ring centres."""

    def project(g: Float[np.ndarray, "*column"]) -> Profile:
        cumulative = np.cumsum(root * g.ravel())
        return cumulative - 0.5 * root * g.ravel()

    def adjoint(s: Float[np.ndarray, "*column"]) -> Profile:
        s = s.ravel()
        return root * (np.cumsum(s[::-1])[::-1] - 0.5 * s)

    return scipy.sparse.linalg.LinearOperator((len(root), len(root)), matvec=project, rmatvec=adjoint, dtype=float)


def radial_relative_l2(f: Profile, g: Profile, rho: Profile) -> float:
    """2-D relative L2 distance of two radial profiles, ‖f − g‖ / ‖g‖ in the measure ρ dρ, f scaled to fit g best."""
    return relative_l2(f * np.sqrt(rho), g * np.sqrt(rho))


def relative_l2(f: Float[np.ndarray, "*shape"], g: Float[np.ndarray, "*shape"]) -> float:
    """Relative L2 distance ‖c f − g‖ / ‖g‖ for the best factor c, as optima are defined up to a factor."""
    f, g = np.ravel(f), np.ravel(g)
    scale = (f @ g) / (f @ f)
    return float(np.linalg.norm(scale * f - g) / np.linalg.norm(g))


def discrete_optimum(images: Float[np.ndarray, "n size size"]) -> tuple[Float[np.ndarray, "size size"], float]:
    """Optimum of the decoding energy for a finite set of images of any shape.

    Args:
        images: the data, shape (n, size, size), at uniformly distributed radii.

    Returns:
        f of unit norm and positive sum, shape (size, size): the top right-singular vector of the image matrix, that is
        the top eigenfunction of Σ_r x_r ⊗ x_r; and σ₁², the maximum of Σ_r ⟨f, x_r⟩².
    """
    flat = images.reshape(len(images), -1).astype(float)
    _, vectors = scipy.sparse.linalg.eigsh(flat @ flat.T, k=1, v0=np.ones(len(flat)))
    f = flat.T @ vectors[:, 0]
    f *= np.sign(f.sum()) / np.linalg.norm(f)
    return f.reshape(images.shape[1:]), float(np.square(flat @ f.ravel()).sum())


def energy(f: Float[np.ndarray, "size size"], images: Float[np.ndarray, "n size size"]) -> float:
    """Σ_r ⟨f, x_r⟩² / ‖f‖², the energy of eq. 3 for a set of images x_r."""
    projections = images.reshape(len(images), -1).astype(float) @ f.ravel()
    return float(np.square(projections).sum() / np.square(f).sum())
