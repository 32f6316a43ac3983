"""Images a second of our closed-form disks and ellipses, compared with two other ways of drawing them in the same run.

    python benchmarks/data.py [--images 1000] [--shifts 800]

*Draw and blur*: scikit-image's polygon, then a Gaussian filter. *Sub-pixel averaging*, the authors' method with 800
shifts: the mean of hard-edged images whose centres are shifted by a Gaussian of the point spread's width; a Monte Carlo
estimate with the error of that many draws. 64×64 pixels, σ = 0.5, one thread; the difference is the root mean square
difference from ours.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy import ndimage
from skimage.draw import disk, ellipse

from latentspace.images.ellipses import draw_ellipses
from latentspace.images.shapes import Disk

SIZE, BLUR = 64, 0.5
MIDDLE = (SIZE - 1) / 2
Images = Float[np.ndarray, "n size size"]
Drawer = Callable[[int], Images]  # draws the first n images of the set


def blurred(rows: np.ndarray, columns: np.ndarray) -> Float[np.ndarray, "size size"]:
    """A hard-edged image of the given pixels, blurred."""
    image = np.zeros((SIZE, SIZE), dtype=np.float32)
    image[rows, columns] = 1
    return ndimage.gaussian_filter(image, BLUR)


def averaged(a: float, b: float, theta: float, shifts: Float[np.ndarray, "shifts 2"]) -> Float[np.ndarray, "size size"]:
    """Mean of hard-edged ellipses at shifted centres."""
    axis = np.arange(SIZE, dtype=np.float32) - MIDDLE
    x, y = axis[None, None, :] - shifts[:, :1, None], axis[None, :, None] - shifts[:, 1:, None]
    cos, sin = np.float32(np.cos(theta)), np.float32(np.sin(theta))
    inside = ((cos * x + sin * y) / a) ** 2 + ((cos * y - sin * x) / b) ** 2 < 1
    return inside.mean(0, dtype=np.float32)


def rate(draw: Drawer, count: int) -> tuple[float, Images]:
    """Images a second, and the images drawn."""
    draw(8)
    start = time.perf_counter()
    images = draw(count)
    return count / (time.perf_counter() - start), images


def row(what: str, ours: Drawer, blur: Drawer, average: Drawer, count: int) -> str:
    """One row of the table; averaging is slow, so it draws a twentieth of the images."""
    (fast, exact), (slow, rough), (slowest, noisy) = rate(ours, count), rate(blur, count), rate(average, count // 20)
    wrong = [float(np.sqrt(np.square(other - exact[: len(other)]).mean())) for other in (rough, noisy)]
    return (
        f"| {what} | {fast:.0f} | {slow:.0f} | {slowest:.0f} | {fast / slow:.1f} | {fast / slowest:.0f} "
        f"| {wrong[0]:.1e}, {wrong[1]:.1e} |"
    )


def main() -> None:
    """Print a table row per kind of shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--shifts", type=int, default=800)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    a, b = rng.uniform(2, 31, (2, options.images))
    theta = rng.uniform(0, np.pi / 2, options.images)
    shifts = rng.normal(0, BLUR, (options.shifts, 2)).astype(np.float32)
    print("| images a second | ours | draw and blur | averaging | ratio | ratio | difference |\n" + "|---" * 7 + "|")
    print(
        row(
            "disks",
            lambda n: Disk().draw(a[:n], SIZE, BLUR),
            lambda n: np.stack([blurred(*disk((MIDDLE, MIDDLE), r, shape=(SIZE, SIZE))) for r in a[:n]]),
            lambda n: np.stack([averaged(r, r, 0.0, shifts) for r in a[:n]]),
            options.images,
        )
    )
    print(
        row(
            "ellipses",
            lambda n: draw_ellipses(a[:n], b[:n], theta[:n], SIZE, BLUR)[:, 0] / np.float32(255),
            # scikit-image rotates the other way, because its rows point down
            lambda n: np.stack(
                [
                    blurred(*ellipse(MIDDLE, MIDDLE, q, p, shape=(SIZE, SIZE), rotation=-t))
                    for p, q, t in zip(a[:n], b[:n], theta[:n], strict=True)
                ]
            ),
            lambda n: np.stack([averaged(*each, shifts) for each in zip(a[:n], b[:n], theta[:n], strict=True)]),
            options.images,
        )
    )


if __name__ == "__main__":
    main()
