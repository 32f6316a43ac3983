"""Neighbourhoods in a generator's latent space: latents about an anchor (slides 43-44).

The whole latent space of a generator is too complex to organise, so the PCA autoencoder is trained on z̃ + η, with z̃ a
chosen anchor and η small. PixelNorm scales every latent to length √d, so anchors are on that sphere; other generators
may take normal latents. Offsets are stored
in units of σ, so that the networks' inputs have the same scale in every neighbourhood.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.roles import SPHERE, Prior
from latentspace.nn import chunks
from latentspace.nn.streams import stream


def drawn_anchors(latent: int, seeds: Sequence[int], prior: Prior = SPHERE) -> Float[Tensor, "anchors latent"]:
    """Anchors drawn from a generator's latents, one per seed: normal, or uniform on the sphere of radius √d."""
    normal = [torch.randn(latent, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return on_sphere(torch.stack(normal)) if prior == SPHERE else torch.stack(normal)


def read_anchors(path: Path, latent: int, prior: Prior = SPHERE) -> Float[Tensor, "anchors latent"]:
    """Anchors from a .npy file, one per row, scaled to the sphere of radius √d if latents are on it.

    Raises:
        ValueError: naming the file, if it is missing, has another shape, or a row is zero or not finite.
    """
    try:
        with path.open("rb") as file:
            values = np.lib.format.read_array(file, allow_pickle=False).astype(np.float32)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file of anchors") from None
    except Exception as error:  # NumPy raises errors of several types for files of another format
        raise ValueError(f"{path}: not a .npy file of numbers ({' '.join(str(error).split())[:100]})") from None
    if values.ndim != 2 or values.shape[1] != latent or len(values) == 0:
        raise ValueError(f"{path}: anchors of shape {values.shape}, where (anchors, {latent}) is expected")
    rows = torch.as_tensor(values)
    if not bool((rows.isfinite().all(1) & ((rows.norm(dim=1) > 0) | (prior != SPHERE))).all()):
        raise ValueError(f"{path}: a row that is zero or not finite is no anchor")
    return on_sphere(rows) if prior == SPHERE else rows


def on_sphere(z: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
    """Scale latents to length √d, the radius of the generator's sphere."""
    return z * (math.sqrt(z.shape[1]) / z.norm(dim=1, keepdim=True))


def seed_of(seed: int, *, test: bool) -> int:
    """Seed of the training or the test offsets."""
    return stream(seed, int(test))


@dataclass(frozen=True)
class Neighbourhood:
    """Latents z̃ + η about an anchor.

    Attributes:
        anchor: z̃, shape (latent,).
        sigma: σ, standard deviation per coordinate.
        relative: draw η uniformly on the sphere of radius σ √d instead of from N(0, σ² Id).
        number: of the anchor: its seed, or its row in a file.
    """

    anchor: Float[Tensor, " latent"]
    sigma: float
    relative: bool = False
    number: int = 0

    @property
    def name(self) -> str:
        """A name such as ``sigma_0.7_anchor_1``."""
        return f"sigma_{self.sigma:g}_anchor_{self.number}"

    def file(self, seed: int) -> str:
        """Name of the file of the model for this neighbourhood and seed."""
        return f"{self.name}_seed_{seed}.safetensors"

    def draw(self, count: int, seed: int) -> Float[Tensor, "count latent"]:
        """Draw offsets in units of σ, η / σ."""
        normal = torch.randn(count, len(self.anchor), generator=torch.Generator().manual_seed(seed))
        return on_sphere(normal) if self.relative else normal

    def latents(self, offsets: Float[Tensor, "n latent"]) -> Float[Tensor, "n latent"]:
        """Latents z̃ + η from offsets in units of σ."""
        return self.anchor + self.sigma * offsets


@dataclass(frozen=True)
class Sample:
    """Latents of a neighbourhood with their images.

    Attributes:
        place: the neighbourhood.
        offsets: η / σ, shape (n, latent).
        images: G(z̃ + η), shape (n, channels, size, size), half precision.
    """

    place: Neighbourhood
    offsets: Float[Tensor, "n latent"]
    images: Float[Tensor, "n channels size size"]

    @property
    def mean(self) -> Float[Tensor, "channels size size"]:
        """Mean image."""
        return chunks.mean_over(self.images)

    @property
    def variance(self) -> float:
        """Mean squared difference between the images and their mean, per number."""
        return chunks.variance(self.images)
