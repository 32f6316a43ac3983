"""Colour images with their factors, as one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from latentspace.core.files import atomic

Pixels = UInt8[np.ndarray, "n size size 3"]


@dataclass(frozen=True)
class ImageSet:
    """Images and what is known about each.

    Attributes:
        images: shape (n, size, size, 3), uint8.
        factors: one column per factor, shape (n, factors), float32; no columns where nothing is known.
        names: of the factors.
    """

    images: Pixels
    factors: Float[np.ndarray, "n factors"]
    names: list[str]


def save(data: ImageSet, path: Path) -> None:
    """Write `data` as npz, whole or not at all; equal data give equal bytes."""
    with atomic(path) as temporary:
        np.savez_compressed(
            temporary, images=data.images, factors=data.factors.astype(np.float32), names=np.array(data.names, "U32")
        )


def load(path: Path) -> ImageSet:
    """Read a set of images; raises ValueError naming the file when it is missing, truncated or incomplete."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return ImageSet(stored["images"], stored["factors"], [str(name) for name in stored["names"]])
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; `dvc repro` in pretraining/ makes it") from None
    except Exception as error:  # zipfile, zlib and numpy each have their own words for a damaged file
        raise ValueError(f"{path}: damaged ({type(error).__name__}); delete it and run `dvc repro`") from None


def pooled(images: Pixels, size: int) -> UInt8[Tensor, "n 3 small small"]:
    """Images averaged down to `size` pixels a side, as a batch."""
    side = images.shape[1]
    if side % size:
        raise ValueError(f"images of {side} pixels cannot be averaged down to {size}")
    batch = torch.from_numpy(images).permute(0, 3, 1, 2)
    if side == size:
        return batch.contiguous()
    parts = [F.avg_pool2d(part.float(), side // size).round().to(torch.uint8) for part in batch.split(1024)]
    return torch.cat(parts).contiguous()


def centred(pixels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Grey levels 0 … 255 as numbers in [−1, 1]."""
    return pixels.float() / 127.5 - 1


def to_pixels(images: Float[Tensor, "batch 3 size size"]) -> UInt8[np.ndarray, "batch size size 3"]:
    """Numbers in [−1, 1] (clipped) as grey levels 0 … 255."""
    levels = ((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().numpy()


def contact_sheet(images: Pixels, columns: int) -> UInt8[np.ndarray, "height width 3"]:
    """Images side by side in rows of `columns`; the last row is filled with white."""
    rows = -(-len(images) // columns)
    side = images.shape[1]
    sheet = np.full((rows * columns, side, side, 3), 255, np.uint8)
    sheet[: len(images)] = images
    return sheet.reshape(rows, columns, side, side, 3).swapaxes(1, 2).reshape(rows * side, columns * side, 3)
