"""Images of latents, and the generator as a function of offsets (eq. 16)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.frozen import Frozen, device_of
from latentspace.gan.neighbourhood import Neighbourhood, Sample
from latentspace.nn import memory
from latentspace.pipeline.files import atomic

CHUNK = 64  # latents per call of the generator


@memory.kept()
@torch.no_grad()
def render(
    generator: Frozen, latents: Float[Tensor, "n latent"], path: Path | None = None
) -> Float[Tensor, "n channels size size"]:
    """Images of latents on the CPU, in half precision.

    Args:
        generator: the frozen generator, on any device.
        latents: shape (n, latent).
        path: file to which the images are mapped, for sets that do not fit into memory; an existing file is read.

    Raises:
        ValueError: if the latents do not have the generator's length.
    """
    if latents.shape[1] != generator.latent:
        raise ValueError(f"latents of {latents.shape[1]} numbers; the generator takes {generator.latent}")
    shape = (len(latents), *generator(latents[:1].to(device_of(generator))).shape[1:])
    if path is None:
        return _rendered(generator, latents, torch.empty(shape, dtype=torch.float16))
    if not path.exists():
        with atomic(path) as temporary:
            mapped = torch.from_numpy(np.lib.format.open_memmap(temporary, "w+", np.float16, shape))
            _rendered(generator, latents, mapped)
    return torch.from_numpy(np.lib.format.open_memmap(path, "c"))  # copy-on-write pages, which nothing changes


def _rendered(generator: Frozen, latents: Float[Tensor, "n latent"], images: Tensor) -> Tensor:
    device = device_of(generator)
    for start in range(0, len(latents), CHUNK):
        images[start : start + CHUNK] = generator(latents[start : start + CHUNK].to(device)).half()
    return images


def sample(generator: Frozen, place: Neighbourhood, count: int, seed: int, path: Path | None = None) -> Sample:
    """Draw `count` latents of a neighbourhood and compute their images, mapped to the file `path` unless None.

    Raises:
        ValueError: if the images are equal, as σ is too small or too large.
    """
    offsets = place.draw(count, seed)
    images = render(generator, place.latents(offsets), path)
    if len(images) > 1 and bool((images[:CHUNK] == images[:1]).all()):
        raise ValueError(
            f"sigmas: σ = {place.sigma:g} is too {'small' if place.sigma < 1 else 'large'} for latents in float32 and "
            f"images in half precision: all images about anchor {place.number} are equal"
        )
    return Sample(place, offsets, images)


class PlacedGenerator(nn.Module):
    """A generator as a function of the offsets η/σ from an anchor, with images G(z̃ + η) (eq. 16).

    Args:
        generator: the frozen generator; gradients pass through it to the offsets.
        place: the neighbourhood.
    """

    anchor: Tensor

    def __init__(self, generator: Frozen, place: Neighbourhood) -> None:
        super().__init__()
        self.generator, self.sigma = generator, place.sigma
        self.register_buffer("anchor", place.anchor.clone())

    def forward(self, offsets: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch channels size size"]:
        """Images of offsets in units of σ."""
        return self.generator(self.anchor + self.sigma * offsets)
