"""Colour images with their factors: as one file, as batches, and as contact sheets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.images import npz

Pixels = UInt8[np.ndarray, "n size size 3"]


@dataclass(frozen=True)
class LabelledImages:
    """Colour images with their factors.

    Attributes:
        images: shape (n, size, size, 3), uint8.
        factors: one column per factor, shape (n, factors), float32; no columns if the factors are unknown.
        names: names of the factors.
    """

    images: Pixels
    factors: Float[np.ndarray, "n factors"]
    names: list[str]


def without_factors(images: Pixels) -> LabelledImages:
    """Images whose factors are unknown."""
    return LabelledImages(images, np.zeros((len(images), 0), np.float32), [])


def save(data: LabelledImages, path: Path) -> None:
    """Write `data` as npz atomically; equal data give equal bytes."""
    factors, names = data.factors.astype(np.float32), np.array(data.names, "U32")
    npz.write(path, {"images": data.images, "factors": factors, "names": names})


def load(path: Path) -> LabelledImages:
    """Read labelled images; raises ValueError naming the file if it is missing, truncated or incomplete."""
    stored = npz.read(path, ("images", "factors", "names"), "`dvc repro` in pretraining/")
    return LabelledImages(stored["images"], stored["factors"], [str(name) for name in stored["names"]])


def pooled(images: Pixels, size: int) -> UInt8[Tensor, "n 3 small small"]:
    """Images averaged down to `size` pixels a side, which must divide their side (else ValueError), as a batch."""
    side = images.shape[1]
    if side % size:
        raise ValueError(f"images of {side} pixels cannot be averaged down to {size}")
    batch = torch.from_numpy(images).permute(0, 3, 1, 2)
    if side == size:
        return batch.contiguous()
    parts = [F.avg_pool2d(part.float(), side // size).round().to(torch.uint8) for part in batch.split(1024)]
    return torch.cat(parts).contiguous()


def centred(pixels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Map grey levels 0 … 255 to [−1, 1]."""
    return pixels.float() / 127.5 - 1


def to_pixels(images: Float[Tensor, "batch 3 size size"]) -> UInt8[np.ndarray, "batch size size 3"]:
    """Map numbers in [−1, 1], clipped, to grey levels 0 … 255, channels last."""
    levels = ((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().numpy()


def contact_sheet(images: Pixels, columns: int) -> UInt8[np.ndarray, "height width 3"]:
    """Images side by side in rows of `columns`; the last row is padded with white."""
    rows = -(-len(images) // columns)
    side = images.shape[1]
    sheet = np.full((rows * columns, side, side, 3), 255, np.uint8)
    sheet[: len(images)] = images
    return sheet.reshape(rows, columns, side, side, 3).swapaxes(1, 2).reshape(rows * side, columns * side, 3)
