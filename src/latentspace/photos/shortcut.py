"""The convolution that replaces the last layers of the synthesis network, for small images.

Most of the time of the synthesis is spent on detail that averaging to 64² or 128² removes. So the network is cut after
its last features of half that side, and the remaining layers are replaced by a 3×3 convolution to 12 channels with a
pixel shuffle, fitted once by ridge regression to the average-pooled full-size output.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

CUTS = {64: "LeakyRelu_342", 128: "LeakyRelu_442"}  # by side of the images; 512 features of half that side
CHUNK = 8  # images per matrix product of the fit


@dataclass(frozen=True)
class Shortcut:
    """The convolution that replaces the layers after the cut, with weight (12, 512, 3, 3) and bias (12,)."""

    weight: Float[Tensor, "12 features 3 3"]
    bias: Float[Tensor, " 12"]

    def __call__(self, features: Float[Tensor, "batch features h w"]) -> Float[Tensor, "batch 3 h2 w2"]:
        """Images in [−1, 1] of twice the side of the features."""
        return F.pixel_shuffle(F.conv2d(features, self.weight, self.bias, padding=1), 2)


def fit_shortcut(
    features: Float[Tensor, "n features h w"], images: Float[Tensor, "n 3 h2 w2"], ridge: float
) -> Shortcut:
    """Ridge regression of the pixels on 3×3 neighbourhoods of features.

    Args:
        features: at the cut.
        images: targets, of twice the side of the features.
        ridge: weight of the squared taps, relative to the features' mean square; the bias is not penalised.
    """
    targets = F.pixel_unshuffle(images, 2).flatten(2).double()
    size = 9 * features.shape[1] + 1
    gram, right = torch.zeros(size, size, dtype=torch.float64), torch.zeros(size, 12, dtype=torch.float64)
    for part, target in zip(features.split(CHUNK), targets.split(CHUNK), strict=True):
        patches = F.unfold(part, 3, padding=1).transpose(0, 1).flatten(1)
        patches = torch.cat([patches, torch.ones_like(patches[:1])])
        gram += patches @ patches.T  # accumulated in float64, as float32 is too coarse for sums of many chunks
        right += patches.double() @ target.transpose(1, 2).flatten(0, 1)
    damping = ridge * gram.diagonal()[:-1].mean() * torch.ones(size, dtype=torch.float64)
    damping[-1] = 0
    taps = torch.linalg.solve(gram + damping.diag(), right).float().T
    return Shortcut(taps[:, :-1].reshape(12, -1, 3, 3).contiguous(), taps[:, -1].contiguous())


def psnr(images: Float[Tensor, "n 3 h w"], truth: Float[Tensor, "n 3 h w"]) -> float:
    """Peak signal-to-noise ratio of images in [−1, 1], in dB."""
    return float(10 * torch.log10(4 / (images.clamp(-1, 1) - truth.clamp(-1, 1)).square().mean()))
