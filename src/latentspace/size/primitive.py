"""Outputs of decoders with biases as a scaled and thresholded primitive: y ≈ clip(h(r) f − t, 0, 1) (slide 19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float
from matplotlib.axes import Axes

from latentspace.images.scaled import ShapeDataset
from latentspace.images.shapes import Images, distances
from latentspace.pipeline.measured import Findings, Measured
from latentspace.plots.style import Picture, axes_grid, show
from latentspace.size.measures import Values, r2, responses
from latentspace.size.network import ShapeAutoencoder
from latentspace.size.pictures import spread

VARIANT = "bias"


@dataclass(frozen=True)
class Primitive:
    """A fit clip(h f − t, 0, 1) of n images.

    Attributes:
        f: the primitive, > 0, shape (size, size), with maximum 1.
        h: scale of each image, > 0, shape (n,).
        t: threshold, > 0.
        r2: R² over all images and pixels.
    """

    f: Float[np.ndarray, "size size"]
    h: Float[np.ndarray, " n"]
    t: float
    r2: float

    def draw(self) -> Images:
        """Images of the fit, clip(h f − t, 0, 1), shape (n, size, size)."""
        return np.clip(self.h[:, None, None] * self.f - self.t, 0, 1)


def experiment(networks: Mapping[int, ShapeAutoencoder], data: ShapeDataset) -> Findings:
    """R² of the scaled and thresholded primitive for the outputs of autoencoders with biases, by seed."""
    by_seed = responses({VARIANT: networks}, data)[VARIANT]
    fits = {seed: fit_primitive(response.outputs, data.test_radii) for seed, response in by_seed.items()}
    first = min(fits)
    figure = thresholded_primitive(by_seed[first].outputs, data.test_radii, fits[first])
    return Findings(
        [Measured(VARIANT, "threshold_r2", fit.r2, seed) for seed, fit in fits.items()],
        {"primitive.png": figure},
        summary="clip(h f − t) explains " + ", ".join(f"{fit.r2:.4f}" for fit in fits.values()) + " of the decoder",
    )


def fit_primitive(outputs: Images, radii: Float[np.ndarray, " n"], iterations: int = 400) -> Primitive:
    """Least-squares fit of clip(h(r) f − t, 0, 1) to images in order of their radius.

    The logarithms of f, h and t are fitted, so that they stay positive. The initial primitive is f = e^{−ρ}, the only
    one whose threshold gives equally sharp disks of every radius: h f = t at ρ = r for h = t e^{r}.

    Args:
        outputs: images to explain, shape (n, size, size).
        radii: their radii in pixels, for the initial values, shape (n,).
        iterations: maximum of L-BFGS iterations.
    """
    n, size, _ = outputs.shape
    flat = outputs.reshape(n, -1)
    start = np.concatenate([radii, -distances(size).ravel(), [0.0]])
    start[:n] += np.log(1.5)  # for t = 1, h f − t = ½ at ρ = r
    options = {"maxiter": iterations}
    found = scipy.optimize.minimize(_loss, start, args=(flat,), jac=True, method="L-BFGS-B", options=options).x
    scaled, t = _unpack(found, n)
    fitted = np.clip(scaled - t, 0, 1).reshape(outputs.shape)
    middle = found[n:-1].max()  # normalise the maximum of f to 1
    return Primitive(
        f=np.exp(found[n:-1] - middle).reshape(size, size), h=np.exp(found[:n] + middle), t=t, r2=r2(fitted, outputs)
    )


def _unpack(p: Float[np.ndarray, " p"], n: int) -> tuple[Float[np.ndarray, "n pixels"], float]:
    """Products h f, one row per image, and t, from the vector `p` of the logarithms of h, f and t."""
    return np.exp(np.clip(p[:n, None] + p[None, n:-1], -60, 60)), float(np.exp(p[-1]))


def _loss(p: Float[np.ndarray, " p"], flat: Float[np.ndarray, "n pixels"]) -> tuple[float, Float[np.ndarray, " p"]]:
    """Half the squared error of the fit, and its gradient with respect to the logarithms."""
    scaled, t = _unpack(p, len(flat))
    raw = scaled - t
    residual = np.clip(raw, 0, 1) - flat
    inner = residual * ((raw > 0) & (raw < 1))
    by_scale = inner * scaled
    gradient = np.concatenate([by_scale.sum(1), by_scale.sum(0), [-(inner.sum() * t)]])
    return 0.5 * float(np.square(residual).sum()), gradient


def thresholded_primitive(images: Images, radii: Values, fit: Primitive, columns: int = 6) -> Picture:
    """Decoder outputs over clip(h f − t, 0, 1), the primitive f, and the scale h (slide 19)."""
    chosen = spread(len(images), columns)
    drawn = fit.draw()
    figure, axes = axes_grid(3, columns, width=1.6, height=1.6)
    for column, i in zip(axes.T, chosen, strict=True):
        show(column[0], images[i])
        show(column[1], drawn[i])
        column[0].set_title(f"r = {radii[i]:.1f}", fontsize=8)
    axes[0, 0].set_ylabel("decoder", rotation=0, ha="right")
    axes[1, 0].set_ylabel("clip(h f − t)", rotation=0, ha="right")
    grid = axes[2, 0].get_gridspec()
    for cell in axes[2]:
        cell.remove()
    _primitive(figure.add_subplot(grid[2, : columns // 2]), fit, radii)
    scale = figure.add_subplot(grid[2, columns // 2 :])
    scale.semilogy(radii, fit.h)
    scale.set(xlabel="radius r (pixels)", ylabel="scale h(r)")
    return figure


def _primitive(axes: Axes, fit: Primitive, radii: Values) -> None:
    at = distances(len(fit.f))
    seen = at < radii.max()  # outside the largest disk, f is arbitrary
    axes.semilogy(at[seen], fit.f[seen], ".", ms=1.5)
    axes.set(xlabel="ρ (pixels)", ylabel="primitive f(ρ)")
