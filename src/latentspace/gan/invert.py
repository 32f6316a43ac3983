"""From an image to the latent whose image is nearest: an anchor that is a picture of one's own (slides 42-43).

The search starts at the nearest of many drawn latents and follows the gradient of the error between the images. What an
error means depends on the generator, so it is compared with the distances of the generator's own images from the
nearest of the drawn ones: a picture that stays further away than all of these is not an image of this generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from tqdm import trange

from latentspace.gan.frozen import Frozen
from latentspace.gan.neighbourhood import drawn_anchors, on_sphere
from latentspace.gan.rendering import CHUNK
from latentspace.gan.roles import SPHERE
from latentspace.images.folder import printable, square
from latentspace.nn.streams import stream

OWN = 32  # images of the generator that say which distances occur
RATE = 0.05  # of Adam, in units of a normal latent; it falls to 0
FARTHEST = 1.25  # length of a normal latent, relative to √d
COARSE = 4  # side of the blocks whose means are compared too, in pixels: they lead the search over larger distances

Images = Float[Tensor, "n channels size size"]


class NotAnImageError(ValueError):
    """A picture is too far from all images of the generator; the text says how far."""


@dataclass(frozen=True)
class Inversion:
    """Latents of images.

    Attributes:
        latents: shape (n, latent).
        images: of these latents, shape (n, channels, size, size).
        errors: mean squared difference between each image and that of its latent, shape (n,).
        nearest: nearest images among those drawn, and their errors, which the search starts from.
        nearest_errors: their mean squared differences, shape (n,).
        largest: largest error of an image of the generator's own, before the search, among `OWN`.
    """

    latents: Float[Tensor, "n latent"]
    images: Images
    errors: Float[Tensor, " n"]
    nearest: Images
    nearest_errors: Float[Tensor, " n"]
    largest: float

    def check(self, names: Sequence[str]) -> None:
        """Raise NotAnImageError, naming them and their errors, for images that are not of this generator."""
        each = zip(names, self.errors.tolist(), strict=True)
        far = [(name, error) for name, error in each if not error <= self.largest]  # NaN is far too
        if far:
            what = ", ".join(f"{name} (error {error:.3g})" for name, error in far)
            raise NotAnImageError(f"{what}: not an image of this generator, whose own are within {self.largest:.3g}")


def invert(
    generator: Frozen,
    images: Images,
    *,
    samples: int = 10_000,
    starts: int = 2,
    steps: int = 200,
    seed: int = 0,
    progress: bool = False,
) -> Inversion:
    """Find the latents whose images are nearest.

    Args:
        generator: the generator; gradients pass through it to the latents.
        images: of the generator's size and channels, with values in [−1, 1].
        samples: number of latents that are drawn.
        starts: number of the nearest ones from which each search starts; the best result counts.
        steps: Adam steps.
        seed: of the drawn latents.
        progress: show progress bars.

    Raises:
        ValueError: if the images do not have the size or the channels of the generator's, or a number makes no sense.
    """
    if not 1 <= starts <= samples or steps < 1:
        raise ValueError(f"1 ≤ starts ≤ samples and steps ≥ 1 are needed, not {starts}, {samples} and {steps}")
    with torch.no_grad():
        expected = generator(drawn_anchors(generator.latent, [seed], generator.prior)).shape[1:]
    if images.shape[1:] != expected:
        raise ValueError(f"images of the shape {tuple(images.shape[1:])}; the generator's are {tuple(expected)}")
    own = drawn_anchors(generator.latent, [stream(seed, number + 1) for number in range(OWN)], generator.prior)
    with torch.no_grad():
        targets = torch.cat([images.float(), _images(generator, own)])
    near, errors = _nearest(generator, targets, samples, starts, seed, progress)
    latents = _followed(generator, near[: len(images)], images.float(), steps, progress)
    found, first = _images(generator, latents), _images(generator, near[: len(images), 0])
    return Inversion(
        latents,
        found,
        _mse(found, images),
        first,
        _mse(first, images),
        float(errors[len(images) :, 0].max()),
    )


@torch.no_grad()
def _images(generator: Frozen, latents: Float[Tensor, "n latent"]) -> Images:
    return torch.cat([generator(part).float().clamp(-1, 1) for part in latents.split(CHUNK)])


def _mse(a: Images, b: Images) -> Float[Tensor, " n"]:
    return (a - b).square().flatten(1).mean(1)


@torch.no_grad()
def _nearest(
    generator: Frozen, targets: Images, samples: int, starts: int, seed: int, progress: bool
) -> tuple[Float[Tensor, "n starts latent"], Float[Tensor, "n starts"]]:
    """The drawn latents whose images are nearest to each target, nearest first, and their errors."""
    draw, flat = torch.Generator().manual_seed(seed), targets.flatten(1)
    errors = torch.full((len(targets), starts), math.inf)
    latents = torch.zeros(len(targets), starts, generator.latent)
    for begin in trange(0, samples, CHUNK, desc="samples", disable=not progress):
        z = torch.randn(min(CHUNK, samples - begin), generator.latent, generator=draw)
        z = on_sphere(z) if generator.prior == SPHERE else z
        drawn = _images(generator, z).flatten(1)
        distance = torch.cdist(flat, drawn).square() / flat.shape[1]
        errors, order = torch.cat([errors, distance], 1).sort(1)
        errors, order = errors[:, :starts], order[:, :starts, None].expand(-1, -1, generator.latent)
        latents = torch.cat([latents, z.expand(len(targets), -1, -1)], 1).gather(1, order)
    return latents, errors


def _followed(
    generator: Frozen, near: Float[Tensor, "n starts latent"], images: Images, steps: int, progress: bool
) -> Float[Tensor, "n latent"]:
    """The best of the latents that Adam reaches from each start, and of the first start itself."""
    starts = near.shape[1]
    z = near.flatten(0, 1).clone().requires_grad_()
    targets = images.repeat_interleave(starts, 0)
    optimiser = torch.optim.Adam([z], RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in trange(steps, desc="steps", disable=not progress):
        optimiser.zero_grad()
        for part, wanted in zip(z.split(CHUNK), targets.split(CHUNK), strict=True):
            difference = generator(_on_prior(part, generator)).float() - wanted
            coarse = torch.nn.functional.avg_pool2d(difference, min(COARSE, difference.shape[-1]))
            error = difference.square().flatten(1).mean(1) + coarse.square().flatten(1).mean(1)
            error.sum().backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        latents = torch.cat([_on_prior(z, generator).view_as(near), near[:, :1]], 1)
        found = _images(generator, latents.flatten(0, 1))
        best = _mse(found, images.repeat_interleave(starts + 1, 0)).view(-1, starts + 1).argmin(1)
    return latents[torch.arange(len(best)), best]


def _on_prior(z: Float[Tensor, "n latent"], generator: Frozen) -> Float[Tensor, "n latent"]:
    """Latents as the generator expects them: on its sphere, or not much longer than drawn ones."""
    if generator.prior == SPHERE:
        return on_sphere(z)
    longest = FARTHEST * math.sqrt(z.shape[1])
    return z * (longest / z.norm(dim=1, keepdim=True)).clamp(max=1.0)


def latents_of(generator: Frozen, pictures: Sequence[Path] | None) -> Float[Tensor, "n latent"] | None:
    """Latents of pictures; None for None. Raises ValueError as `read_pictures` and `Inversion.check`."""
    if pictures is None:
        return None
    with torch.no_grad():
        channels = generator(drawn_anchors(generator.latent, [0], generator.prior)).shape[1]
    found = invert(generator, read_pictures(pictures, generator.size, channels))
    found.check([printable(path) for path in pictures])
    return found.latents


def read_pictures(paths: Sequence[Path], size: int, channels: int) -> Images:
    """Pictures cut to central squares of `size` pixels, with values in [−1, 1].

    Raises:
        ValueError: naming the file that cannot be read.
    """
    mode: Literal["L", "RGB"] = "RGB" if channels == 3 else "L"
    pixels = [np.atleast_3d(square(str(path), size, mode, Image.Resampling.BOX)) for path in paths]
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
