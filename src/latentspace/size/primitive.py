"""The decoder with biases as a primitive that is scaled and thresholded: y ≈ clip(h(r) f − t, 0, 1) (slide 19)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from latentspace.size.measures import r2
from latentspace.size.shapes import Images, distances


@dataclass(frozen=True)
class Primitive:
    """The fit: f, shape (size, size) and positive; h, shape (n,) and positive; t ≥ 0; its R² on the images."""

    f: Float[np.ndarray, "size size"]
    h: Float[np.ndarray, " n"]
    t: float
    r2: float

    def draw(self) -> Images:
        """The images of the fit, clip(h f − t, 0, 1), shape (n, size, size)."""
        return np.clip(self.h[:, None, None] * self.f - self.t, 0, 1)


def fit_primitive(outputs: Images, radii: Float[np.ndarray, " n"], iterations: int = 400) -> Primitive:
    """Least-squares fit of clip(h(r) f − t, 0, 1) to images in order of their radius.

    f, h and t are kept positive through their logarithms. The start is the one primitive whose threshold makes equally
    sharp disks of every radius, f = e^{−ρ}: h f = t at ρ = r needs h = t e^{r}.

    Args:
        outputs: images to explain, shape (n, size, size).
        radii: their radii in pixels, for the start, shape (n,).
        iterations: most L-BFGS iterations.
    """
    n, size, _ = outputs.shape
    flat = outputs.reshape(n, -1)

    def unpack(p: Float[np.ndarray, " p"]) -> tuple[np.ndarray, float]:
        return np.exp(np.clip(p[:n, None] + p[None, n:-1], -60, 60)), float(np.exp(p[-1]))

    def loss(p: Float[np.ndarray, " p"]) -> tuple[float, np.ndarray]:
        scaled, t = unpack(p)
        raw = scaled - t
        residual = np.clip(raw, 0, 1) - flat
        inner = residual * ((raw > 0) & (raw < 1))
        by_scale = inner * scaled
        gradient = np.concatenate([by_scale.sum(1), by_scale.sum(0), [-(inner.sum() * t)]])
        return 0.5 * float(np.square(residual).sum()), gradient

    start = np.concatenate([radii, -distances(size).ravel(), [0.0]])
    start[:n] += np.log(1.5)  # the half level, h f − t = ½, stands at ρ = r for t = 1
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations}).x
    scaled, t = unpack(found)
    fitted = np.clip(scaled - t, 0, 1).reshape(outputs.shape)
    middle = found[n:-1].max()  # gauge: f = 1 at its maximum
    return Primitive(
        f=np.exp(found[n:-1] - middle).reshape(size, size), h=np.exp(found[:n] + middle), t=t, r2=r2(fitted, outputs)
    )
