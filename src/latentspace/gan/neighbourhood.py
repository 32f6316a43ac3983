"""Neighbourhoods in a generator's latent space: latents about an anchor, and the images they make (slides 43-44).

The whole latent space of a generator is too complicated to organise, so the PCA autoencoder is trained on z̃ + η, with z̃
a chosen anchor and η small. PixelNorm makes every latent one of length √d, so anchors lie on that sphere. Offsets are
kept in units of σ, so that networks see numbers of the same size in every neighbourhood.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import memory, models
from latentspace.core.files import atomic
from latentspace.core.fit import stream
from latentspace.gan.network import FrozenGenerator
from latentspace.organise.pca_autoencoder import LatentModel

CHUNK = 64  # images through the generator at once


def drawn_anchors(latent: int, seeds: Sequence[int]) -> Float[Tensor, "anchors latent"]:
    """Anchors drawn uniformly on the sphere of radius √d, one per seed."""
    normal = [torch.randn(latent, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return on_sphere(torch.stack(normal))


def read_anchors(path: Path, latent: int) -> Float[Tensor, "anchors latent"]:
    """Anchors from a .npy file, a row each, brought to the sphere of radius √d.

    Raises:
        ValueError: naming the file, if it is missing, of another shape, or holds a row without a direction.
    """
    try:
        with path.open("rb") as stream:
            values = np.lib.format.read_array(stream, allow_pickle=False).astype(np.float32)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file of anchors") from None
    except Exception as error:  # of any other file
        raise ValueError(f"{path}: not a .npy file of numbers ({' '.join(str(error).split())[:100]})") from None
    if values.ndim != 2 or values.shape[1] != latent or len(values) == 0:
        raise ValueError(f"{path}: anchors of shape {values.shape}, where (anchors, {latent}) is expected")
    rows = torch.as_tensor(values)
    if not bool((rows.isfinite().all(1) & (rows.norm(dim=1) > 0)).all()):
        raise ValueError(f"{path}: a row that is not finite, or zero, points nowhere")
    return on_sphere(rows)


def on_sphere(z: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
    """Latents scaled to length √d, the generator's own sphere."""
    return z * (math.sqrt(z.shape[1]) / z.norm(dim=1, keepdim=True))


@dataclass(frozen=True)
class Neighbourhood:
    """Latents z̃ + η about an anchor.

    Attributes:
        anchor: z̃, shape (latent,).
        sigma: σ, per coordinate.
        relative: η uniform on the sphere of radius σ √d, instead of N(0, σ² Id).
    """

    anchor: Float[Tensor, " latent"]
    sigma: float
    relative: bool = False

    def draw(self, count: int, seed: int) -> Float[Tensor, "count latent"]:
        """Offsets in units of σ, η / σ."""
        normal = torch.randn(count, len(self.anchor), generator=torch.Generator().manual_seed(seed))
        return on_sphere(normal) if self.relative else normal

    def latents(self, offsets: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
        """z̃ + η for offsets in units of σ."""
        return self.anchor + self.sigma * offsets


@memory.kept()
@torch.no_grad()
def render(
    generator: FrozenGenerator, latents: Float[Tensor, "n latent"], path: Path | None = None
) -> Float[Tensor, "n channels size size"]:
    """Images of latents in half precision, computed once.

    Args:
        generator: the frozen generator.
        latents: shape (n, latent).
        path: a file to map the images to, for sets that do not fit the memory; one that is there already is read.

    Raises:
        ValueError: if the latents are not of the generator's length.
    """
    if latents.shape[1] != generator.latent:
        raise ValueError(f"latents of {latents.shape[1]} numbers; the generator takes {generator.latent}")
    shape = (len(latents), *generator(latents[:1]).shape[1:])
    if path is None:
        return _rendered(generator, latents, torch.empty(shape, dtype=torch.float16))
    if not path.exists():
        with atomic(path) as temporary:
            mapped = torch.from_numpy(np.lib.format.open_memmap(temporary, "w+", np.float16, shape))
            _rendered(generator, latents, mapped)
    return torch.from_numpy(np.lib.format.open_memmap(path, "c"))  # pages of the file; nothing writes to them


def _rendered(generator: FrozenGenerator, latents: Float[Tensor, "n latent"], images: Tensor) -> Tensor:
    for start in range(0, len(latents), CHUNK):
        images[start : start + CHUNK] = generator(latents[start : start + CHUNK]).half()
    return images


@dataclass(frozen=True)
class Sample:
    """Latents of a neighbourhood, and their images.

    Attributes:
        place: where they come from.
        offsets: η / σ, shape (n, latent).
        images: G(z̃ + η), shape (n, channels, size, size), half precision.
    """

    place: Neighbourhood
    offsets: Float[Tensor, "n latent"]
    images: Float[Tensor, "n channels size size"]

    @property
    def mean(self) -> Float[Tensor, "channels size size"]:
        """Mean image."""
        return sum_over(self.images, lambda part: part.sum(0)) / len(self.images)

    @property
    def variance(self) -> float:
        """Mean squared distance of a number of an image to that of the mean image."""
        mean = self.mean
        total = sum_over(self.images, lambda part: (part - mean).square().sum())
        return float(total) / self.images.numel()


def sum_over(images: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum of `function` over pieces of the images, in double precision; a mapped file is read piece by piece."""
    first, *others = images.split(CHUNK)
    total = function(first.double())
    for part in others:
        total += function(part.double())
    return total


def sample(generator: FrozenGenerator, place: Neighbourhood, count: int, seed: int, path: Path | None = None) -> Sample:
    """Draw `count` latents of a neighbourhood and compute their images, mapped to the file `path` if it is given."""
    offsets = place.draw(count, seed)
    return Sample(place, offsets, render(generator, place.latents(offsets), path))


def seed_of(seed: int, *, test: bool) -> int:
    """Seed of the offsets for training, or of those for testing."""
    return stream(seed, int(test))


class ErrorThroughGenerator(nn.Module):
    """Reconstruction error of eq. 16 for offsets: ‖G(z̃ + η) − G(z̃ + η′)‖², over the variance of the images.

    So 1 is the error of the mean image, and λ weighs alike in every neighbourhood.

    Args:
        generator: the frozen generator; gradients go through it to the latent.
        place: the neighbourhood.
        variance: of the neighbourhood's images, per number.
    """

    anchor: Tensor

    def __init__(self, generator: FrozenGenerator, place: Neighbourhood, variance: float) -> None:
        super().__init__()
        if not variance > 0:
            raise ValueError(f"images of variance {variance}: the generator's output is constant about this anchor")
        self.generator = generator.eval().requires_grad_(requires_grad=False)
        self.register_buffer("anchor", place.anchor.clone())
        self.sigma, self.variance = place.sigma, variance

    def forward(
        self,
        decoder: nn.Module,
        z: Float[Tensor, "batch k"],
        target: Float[Tensor, "batch channels size size"],
    ) -> Float[Tensor, ""]:
        """A scalar; `decoder` gives offsets."""
        images = self.generator(self.anchor + self.sigma * decoder(z).float())
        return (images.float() - target.float()).square().mean() / self.variance


class LocalModel(LatentModel):
    """Codes of the latents of a neighbourhood: what a user loads to navigate a generator.

        model = latentspace.load("models/gan/avatars/sigma_0.7_anchor_1_seed_0.safetensors")
        codes = model.encode(latents)
        images = generator(model.decode(codes))

    Args:
        inner: a latent model of offsets in units of σ; or its description.
        latent: numbers in a latent.
        sigma: σ.
    """

    anchor: Tensor

    def __init__(self, inner: nn.Module | Mapping[str, Any], latent: int, sigma: float) -> None:
        super().__init__()
        inner = models.build(inner)
        if not isinstance(inner, LatentModel):
            raise ValueError("inner must be a latent model")
        self.inner, self.components, self.sigma = inner, inner.components, sigma
        self.register_buffer("anchor", torch.zeros(latent))

    @classmethod
    def about(cls, place: Neighbourhood, inner: LatentModel) -> LocalModel:
        """`inner` placed about an anchor."""
        model = cls(inner, len(place.anchor), place.sigma)
        model.anchor.copy_(place.anchor)
        return model.eval()

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the model, in plain values."""
        return {"inner": models.describe(self.inner), "latent": len(self.anchor), "sigma": self.sigma}

    def encode(self, x: Float[Tensor, "n latent"]) -> Float[Tensor, "n components"]:
        """Codes of latents."""
        return self.inner.encode((x - self.anchor) / self.sigma)

    def decode(self, z: Float[Tensor, "n k"]) -> Float[Tensor, "n latent"]:
        """Latents for the first k components, ready for the generator."""
        return self.anchor + self.sigma * self.inner.decode(z)
