"""Contact sheets of a data set, and of a generator in training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from latentspace.gan.frozen import Frozen, device_of
from latentspace.gan.network import Generator
from latentspace.images.labelled import Pixels, contact_sheet, to_pixels
from latentspace.pipeline.files import atomic
from latentspace.pipeline.workers import rank

SHOWN, COLUMNS = 96, 16  # images of a contact sheet


BATCH, ON_CPU = 64, 4  # latents per call of the generator; on a CPU, few stay in its cache


def sheet(images: Pixels) -> Image.Image:
    """The first images of a data set, side by side."""
    return Image.fromarray(contact_sheet(images[:SHOWN], COLUMNS))


@torch.no_grad()
def samples(generator: Frozen | Generator, count: int, seed: int) -> Pixels:
    """Images of `count` latents drawn from `seed`, shape (count, size, size, 3)."""
    z = torch.randn(count, generator.latent, generator=torch.Generator().manual_seed(seed))
    device = device_of(generator)
    parts = z.split(ON_CPU if device.type == "cpu" else BATCH)
    return np.concatenate([to_pixels(generator(part.to(device)).cpu()) for part in parts])


def write_sheet(path: Path, generator: Frozen | Generator, seed: int) -> None:
    """Write a contact sheet of samples, each at least 64 pixels a side; only in the first process."""
    if rank() > 0:
        return
    small = np.asarray(sheet(samples(generator, SHOWN, seed)))
    factor = max(1, 64 // generator.size)
    with atomic(path) as temporary:
        Image.fromarray(small.repeat(factor, 0).repeat(factor, 1)).save(temporary)
