"""What the size chapter measures on codes and reconstructions. Plain NumPy; images have shape (n, size, size)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from latentspace.size.shapes import Images

if TYPE_CHECKING:  # what has no network does not wait for torch
    from latentspace.size.network import ShapeAutoencoder

Values = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Response:
    """What a network makes of images: codes, shape (n, d), and reconstructions, shape (n, size, size)."""

    codes: Float[np.ndarray, "n d"]
    outputs: Images


def respond(network: ShapeAutoencoder, images: Images) -> Response:
    """Encode and decode `images`, in float32 on the CPU."""
    import torch

    from latentspace.core.models import to_batch

    with torch.inference_mode():
        codes = network.encode(to_batch(images))
        return Response(codes.double().numpy(), network.decode(codes).squeeze(1).double().numpy())


def mse(outputs: Images, images: Images) -> float:
    """Mean squared error per pixel."""
    return float(np.square(outputs - images).mean())


def image_radius(images: Images) -> Values:
    """Radius of the disk with the image's sum as its area, √(Σ/π), in pixels; 0 for a negative sum."""
    return np.sqrt(np.maximum(images.sum(axis=(1, 2), dtype=np.float64), 0) / np.pi)


def radius_error(outputs: Images, images: Images, radii: Values, low: float, high: float) -> float:
    """Mean |radius of output − radius of input| over low ≤ r ≤ high, in pixels.

    Raises:
        ValueError: if no radius lies in the interval.
    """
    chosen = (radii >= low) & (radii <= high)
    if not chosen.any():
        raise ValueError(f"no test radius in [{low}, {high}]")
    return float(np.abs(image_radius(outputs[chosen]) - image_radius(images[chosen])).mean())


def pearson(x: Values, y: Values) -> float:
    """|Pearson correlation|."""
    return float(abs(np.corrcoef(x, y)[0, 1]))


def affine_r2(x: Values, y: Values) -> float:
    """R² of y as an affine function of x."""
    slope, intercept = np.polyfit(x, y, 1)
    return r2(slope * x + intercept, y)


def r2(fitted: Float[np.ndarray, "*shape"], observed: Float[np.ndarray, "*shape"]) -> float:
    """1 − ‖observed − fitted‖² / ‖observed − mean‖²."""
    return float(1 - np.square(observed - fitted).sum() / np.square(observed - observed.mean()).sum())


def single_sign(codes: Float[np.ndarray, "n d"]) -> int:
    """1 if all codes share one sign (zero counts as either), else 0."""
    return int(bool((codes >= 0).all() or (codes <= 0).all()))


def common_direction(outputs: Images) -> Float[np.ndarray, "size size"]:
    """The one image f that outputs h(r) f share: the top right-singular vector, unit norm, positive sum."""
    flat = outputs.reshape(len(outputs), -1)
    f = np.linalg.svd(flat, full_matrices=False)[2][0]
    return (f * (1 if f.sum() >= 0 else -1)).reshape(outputs.shape[1:])


def homogeneity_error(network: ShapeAutoencoder, codes: Float[np.ndarray, "n d"], factors: list[float]) -> float:
    """Largest relative ‖D(λz) − λD(z)‖ / ‖λD(z)‖ over `codes` and λ in `factors` (eq. 2)."""
    import torch

    with torch.inference_mode():
        z = torch.as_tensor(codes, dtype=torch.float32)
        z = z[z.norm(dim=1) > 1e-3 * z.norm(dim=1).max()]
        base = network.decode(z).flatten(1)
        errors = [
            (network.decode(factor * z).flatten(1) - factor * base).norm(dim=1) / (factor * base).norm(dim=1)
            for factor in factors
        ]
        return float(torch.stack(errors).max())


def encoder_filter(network: ShapeAutoencoder, image_size: int) -> Float[np.ndarray, "size size"]:
    """What a linear encoder computes, as one image w with E(x) = ⟨w, x⟩: the response to each single pixel."""
    import torch

    with torch.inference_mode():
        pixels = torch.eye(image_size**2).view(-1, 1, image_size, image_size)
        return torch.cat([network.encode(part) for part in torch.split(pixels, 512)])[:, 0].view(image_size, -1).numpy()


def mean_contraction(network: ShapeAutoencoder, images: Images) -> float:
    """E‖∂z/∂x‖² / var(z) over `images`: the contractive penalty of a trained encoder."""
    from latentspace.core.models import to_batch
    from latentspace.size.network import contraction

    x = to_batch(images).requires_grad_()
    return float(contraction(network.encode(x), x).detach())


def centre_profile(image: Float[np.ndarray, "size size"]) -> Values:
    """Grey values along the horizontal line through the centre (mean of the two middle rows)."""
    middle = len(image) // 2
    return image[middle - 1 : middle + 1].mean(axis=0)
