"""Grids of decoded images for the report's latent explorer: the browser interpolates between them, without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from latentspace.core import files
from latentspace.core.stage import Stage

STEPS = 7  # values of each component, from −SPAN to SPAN
SPAN = 2.0  # standard deviations
QUALITY = 82  # of the WebP pictures

Pictures = Float[np.ndarray, "n h w *channels"]


def values() -> Float[Tensor, " steps"]:
    """The values that a component takes on a grid."""
    return torch.linspace(-SPAN, SPAN, STEPS)


def cube(components: int) -> Float[Tensor, "n components"]:
    """Codes on a grid over all components, the last one fastest."""
    return torch.cartesian_prod(*[values()] * components).view(-1, components)


def pairs(components: int) -> list[tuple[int, int]]:
    """All pairs of components."""
    return list(combinations(range(components), 2))


def planes(components: int) -> Float[Tensor, "n components"]:
    """Codes on a grid over each pair of components, the others at their mean, in the order of `pairs`."""
    grid = cube(2)
    blocks = []
    for pair in pairs(components):
        block = torch.zeros(len(grid), components)
        block[:, list(pair)] = grid
        blocks.append(block)
    return torch.cat(blocks)


def sheet(pictures: Pictures) -> UInt8[np.ndarray, "height width *channels"]:
    """Pictures in [0, 1] side by side, STEPS² to a row."""
    levels = (np.clip(pictures, 0, 1) * 255).round().astype(np.uint8)
    columns = STEPS**2
    rows = [np.concatenate(list(levels[i : i + columns]), axis=1) for i in range(0, len(levels), columns)]
    return np.concatenate(rows)


def write(run: Stage, name: str, pictures: Pictures, facts: Mapping[str, Any], labels: Sequence[str]) -> None:
    """Keep one explorer as ``<name>.webp`` and ``<name>.json`` under figures/<stage>/.

    Args:
        run: the stage.
        name: of the files.
        pictures: decoded `cube` or `planes`, a number of them that STEPS² divides.
        facts: what the page shows about it: ``title``, ``kind`` (cube | planes).
        labels: a name for every component.
    """
    if len(pictures) % STEPS**2:
        raise ValueError(f"{len(pictures)} pictures do not fill rows of {STEPS**2}")
    path = run.output(f"figures/{run.name}/{name}.webp")
    with files.atomic(path) as temporary:
        Image.fromarray(sheet(pictures)).convert("RGB").save(temporary, "WEBP", quality=QUALITY, method=6)
    described = {"labels": list(labels), "steps": STEPS, "span": SPAN, "size": pictures.shape[1], **facts}
    files.write_json(path.with_suffix(".json"), described)
