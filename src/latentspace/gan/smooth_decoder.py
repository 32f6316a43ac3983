"""A decoder of images without blocks: every pixel is a sum over overlapping patches."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.pca.networks import ImageNetwork


class SmoothDecoder(ImageNetwork):
    """Numbers to images in [0, 1]: a linear layer, transposed 4×4 convolutions of stride 2 with SiLU, a sigmoid.

    The patches of neighbouring places overlap at every level up to the full size, so that no edges between blocks are
    visible, as they are with the faster `pca.networks.ConvDecoder`, whose last level outputs disjoint blocks.

    Args:
        image_size: side of the square images, in pixels.
        channels: of the images.
        widths: channels before each level, coarsest first; every level doubles the side.
        code_size: numbers per image.

    Raises:
        ValueError: if the image cannot be halved that often.
    """

    def __init__(self, image_size: int, channels: int, widths: list[int], code_size: int) -> None:
        super().__init__(image_size, channels, widths, code_size)
        self.side = image_size >> len(widths)
        if not widths or self.side < 1 or self.side << len(widths) != image_size:
            raise ValueError(f"widths = {widths}: {image_size} pixels cannot be halved {len(widths)} times")
        self.spread = nn.Linear(code_size, widths[0] * self.side**2)
        levels = [nn.ConvTranspose2d(i, o, 4, stride=2, padding=1) for i, o in pairwise([*widths, channels])]
        self.levels = nn.ModuleList(levels)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, z: Float[Tensor, "batch code"]) -> Float[Tensor, "batch channels h w"]:
        """Images in [0, 1] from codes."""
        x = self.spread(z).unflatten(1, (-1, self.side, self.side)).contiguous(memory_format=torch.channels_last)
        for level in self.levels:
            x = level(F.silu(x))
        return torch.sigmoid(x)
