"""Pictures of latents, of bounded size whatever the generator."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.frozen import Frozen
from latentspace.gan.rendering import CHUNK, render
from latentspace.plots.strips import as_shown

LARGEST = 128  # pixels, the side of a picture; larger images are shrunk


def pictures_of(
    generator: Frozen, latents: Float[Tensor, "n latent"], largest: int = LARGEST
) -> Float[np.ndarray, "n h w 3"]:
    """Colour pictures of latents in [0, 1], at most `largest` pixels a side, by means over blocks of pixels."""
    factor = 2 ** max(0, math.ceil(math.log2(generator.size / largest)))  # sides of generators' images are powers of 2
    parts = (render(generator, part) for part in latents.split(CHUNK))
    return as_shown(torch.cat([F.avg_pool2d(part.float().clamp(-1, 1), factor) for part in parts]))
