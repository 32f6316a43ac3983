"""The discriminator of the progressive GAN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.layers import BASE, EPSILON, SLOPE, Equalised, convolution, fade

GROUP = 4  # images that share one minibatch standard deviation


def minibatch_deviation(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch more h w"]:
    """Append a channel with the mean standard deviation of features over groups of 4 images (section 3).

    A batch whose size is not a multiple of 4 is one group. The variance is the unbiased estimate, as in the zoo.

    Source: Karras et al. 2018, "Progressive growing of GANs".
    """
    batch, _, height, width = x.shape
    group = GROUP if batch % GROUP == 0 else batch
    if group == 1:
        return torch.cat([x, x.new_zeros(batch, 1, height, width)], dim=1)
    grouped = x.float().reshape(-1, group, *x.shape[1:])
    deviation = (grouped.var(1) + EPSILON).sqrt().mean((1, 2, 3))
    channel = deviation.repeat_interleave(group).to(x.dtype).view(batch, 1, 1, 1)
    return torch.cat([x, channel.expand(batch, 1, height, width)], dim=1)


class Discriminator(nn.Module):
    """Network from images to scores, positive for real images; mirrors `Generator`.

    Args:
        widths: channels at each scale, 4×4 first, as in the generator.
        channels: of the images.
        alpha: share of the previous scale, 0 (fully grown) … 1.
    """

    def __init__(self, widths: Sequence[int], channels: int = 3, alpha: float = 0.0) -> None:
        super().__init__()
        self.channels, self.alpha = channels, alpha
        first = widths[0]
        self.scaleLayers = nn.ModuleList()
        self.fromRGBLayers = nn.ModuleList([convolution(channels, first, 1)])
        flat = Equalised(nn.Linear(BASE * BASE * first, first))
        self.groupScaleZero = nn.ModuleList([convolution(first + 1, first), flat])
        self.decisionLayer = Equalised(nn.Linear(first, 1))
        self.widths = [first]
        for width in widths[1:]:
            self.grow(width)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments for the present scales, as plain values."""
        return {name: getattr(self, name) for name in ("widths", "channels", "alpha")}

    def grow(self, width: int) -> None:
        """Add a scale of `width` channels with initial weights, on the device of the other scales."""
        last, device = self.widths[-1], self.decisionLayer.module.weight.device
        self.scaleLayers.append(nn.ModuleList([convolution(width, width), convolution(width, last)]).to(device))
        self.fromRGBLayers.append(convolution(self.channels, width, 1).to(device))
        self.widths = [*self.widths, width]

    def forward(self, images: Float[Tensor, "batch channels size size"]) -> Float[Tensor, " batch"]:
        """Scores of images, shape (batch,), float32."""
        images = images.contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(self.fromRGBLayers[-1](images), SLOPE)
        for depth, (first, second) in enumerate(cast("list[list[Equalised]]", list(self.scaleLayers)[::-1])):
            x = F.leaky_relu(first(x), SLOPE)
            x = F.avg_pool2d(F.leaky_relu(second(x), SLOPE), 2)
            if depth == 0 and self.alpha > 0:
                x = fade(x, F.leaky_relu(self.fromRGBLayers[-2](F.avg_pool2d(images, 2)), SLOPE), self.alpha)
        x = F.leaky_relu(self.groupScaleZero[0](minibatch_deviation(x)), SLOPE)
        # The zoo flattens (channels, height, width) in this order.
        x = F.leaky_relu(self.groupScaleZero[1](x.contiguous().flatten(1)), SLOPE)
        return self.decisionLayer(x.float()).squeeze(1)
