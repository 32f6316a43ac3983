"""Grids of decoded images for the report's latent explorer; the browser interpolates between them without a server."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from latentspace.pipeline import files

STEPS = 7  # values of each component, from −SPAN to SPAN
SPAN = 2.0  # standard deviations
CUBE = 3  # most components of a grid over all of them
QUALITY = 82  # of the WebP pictures
PIXELS, WIDEST = 2**24, 16_383  # largest sheet that all browsers can draw on a canvas; widest WebP picture

Pictures = Float[np.ndarray, "n h w *channels"]


def values() -> Float[Tensor, " steps"]:
    """Values of a component on a grid, in standard deviations."""
    return torch.linspace(-SPAN, SPAN, STEPS)


def grid(components: int) -> tuple[str, Float[Tensor, "n components"]]:
    """Kind of an explorer of so many components, and its codes: a `cube` of up to `CUBE`, `planes` of more."""
    return ("cube", cube(components)) if components <= CUBE else ("planes", planes(components))


def largest_side(pictures: int) -> int:
    """Side in pixels of so many pictures that fit on one sheet."""
    return min(math.isqrt(PIXELS // pictures), WIDEST // STEPS**2)


def cube(components: int) -> Float[Tensor, "n components"]:
    """Codes on a grid over all components; the last one varies fastest."""
    return torch.cartesian_prod(*[values()] * components).view(-1, components)


def pairs(components: int) -> list[tuple[int, int]]:
    """All pairs of components."""
    return list(combinations(range(components), 2))


def planes(components: int) -> Float[Tensor, "n components"]:
    """Codes on a grid over each pair of components with the others at their mean, in the order of `pairs`."""
    grid = cube(2)
    blocks = []
    for pair in pairs(components):
        block = torch.zeros(len(grid), components)
        block[:, list(pair)] = grid
        blocks.append(block)
    return torch.cat(blocks)


@dataclass(frozen=True)
class Sheet:
    """Pictures in [0, 1], saved as one image with STEPS² to a row, or STEPS in a single row."""

    pictures: Pictures

    def save(self, path: Path) -> None:
        """Write a WebP file."""
        Image.fromarray(sheet(self.pictures)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)


@dataclass(frozen=True)
class Description:
    """Description of a sheet, read by the page."""

    facts: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write a JSON file."""
        files.write_json(path, self.facts)


def files_of(
    name: str, pictures: Pictures, facts: Mapping[str, Any], labels: Sequence[str]
) -> dict[str, Sheet | Description]:
    """One explorer as the files ``<name>.webp`` and ``<name>.json``.

    Args:
        name: of the files, without suffix.
        pictures: decoded from the codes of `cube` or `planes`.
        facts: ``title`` on the page, and ``kind`` (cube | planes).
        labels: names of the components.

    Raises:
        ValueError: if STEPS² does not divide the number of pictures, which is larger.
    """
    if len(pictures) > STEPS**2 and len(pictures) % STEPS**2:
        raise ValueError(f"{len(pictures)} pictures do not fill rows of {STEPS**2}")
    described = {"labels": list(labels), "steps": STEPS, "span": SPAN, "size": pictures.shape[1], **facts}
    return {f"{name}.webp": Sheet(pictures), f"{name}.json": Description(described)}


def sheet(pictures: Pictures) -> UInt8[np.ndarray, "height width *channels"]:
    """Pictures in [0, 1] side by side, STEPS² to a row."""
    levels = (np.clip(pictures, 0, 1) * 255).round().astype(np.uint8)
    columns = STEPS**2
    rows = [np.concatenate(list(levels[i : i + columns]), axis=1) for i in range(0, len(levels), columns)]
    return np.concatenate(rows)
