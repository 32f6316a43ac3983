"""Files of the report's latent explorer: decoders with the names of their axes, which the page computes itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from latentspace.pipeline import files
from latentspace.plots.decoder import Layers, packed
from latentspace.plots.naming import words
from latentspace.plots.tables import axis_names

SPAN = 2.0  # standard deviations to either side of 0 on a slider
GRIDDED = 5  # most components of a sheet
SIDE = 64  # of its pictures, in pixels
QUALITY = 80  # of its WebP picture


def grid(components: int) -> Float[Tensor, "n k"]:
    """Codes of the pictures of a sheet, on a grid over at most `GRIDDED` components; the last varies fastest."""
    return torch.cartesian_prod(*[torch.linspace(-SPAN, SPAN, steps_of(components))] * components).view(-1, components)


def steps_of(components: int) -> int:
    """Values of each component on a grid: at most 343 pictures."""
    return 7 if components <= 3 else 3


@dataclass(frozen=True)
class Sheet:
    """Pictures at the codes of `grid`: what the page interpolates where it cannot compute a network.

    Attributes:
        components: number of components.
        pictures: with values in [0, 1].
    """

    components: int
    pictures: Float[np.ndarray, "n side side 3"]

    def described(self) -> dict[str, Any]:
        """One WebP picture of all, steps² to a row."""
        levels, steps = (self.pictures * 255).round().astype(np.uint8), steps_of(self.components)
        columns = min(steps**2, len(levels))
        rows = [np.concatenate(list(levels[i : i + columns]), axis=1) for i in range(0, len(levels), columns)]
        stream = io.BytesIO()
        Image.fromarray(np.concatenate(rows)).save(stream, "WEBP", quality=QUALITY, method=6)
        text = base64.b64encode(stream.getvalue()).decode()
        return {"sheet": f"data:image/webp;base64,{text}", "steps": steps, "span": SPAN}


@dataclass(frozen=True)
class View:
    """One picture of the explorer, which moves with the sliders.

    Attributes:
        method: whose latent space it is.
        axes: |correlation| of its components with factors or attributes, by which they are named.
        parts: networks from a code to an image in [0, 1], one after the other, which views may share; or a sheet.
        place: what can be chosen, such as an anchor; the views of one place are side by side.
        signs: of the components, by which the page multiplies its sliders; none for all 1.
    """

    method: str
    axes: pd.DataFrame
    parts: Sequence[Layers | Sheet]
    place: str = ""
    signs: Sequence[int] = ()


def upward(
    codes: Float[np.ndarray, "n k"], factors: Mapping[str, Float[np.ndarray, " n"]], axes: pd.DataFrame
) -> list[int]:
    """Signs with which every component grows with the factor that names it: 1, or −1 where it falls.

    Args:
        codes: of the images whose factors are given.
        factors: values by name.
        axes: |correlation| of the components with the factors.
    """
    best = axes.idxmax(axis=1)
    return [-1 if np.dot(z - z.mean(), factors[str(name)]) < 0 else 1 for z, name in zip(codes.T, best, strict=True)]


@dataclass(frozen=True)
class Explorer:
    """The views of one explorer.

    Attributes:
        views: the pictures.
        channels: of their images, 1 or 3.
        note: what a reader has to know.
    """

    views: Sequence[View]
    channels: int
    note: str = ""

    def save(self, path: Path) -> None:
        """Write a JSON file; raises UnsupportedError if a weight is too large for half precision."""
        files.write_json(path, self.described())

    def described(self) -> dict[str, Any]:
        """The file as plain values: every network once, and the views with the numbers of theirs."""
        networks = list({id(part): part for view in self.views for part in view.parts}.values())
        numbers = {id(part): number for number, part in enumerate(networks)}
        views = [
            {
                "place": view.place,
                "title": words(view.method),
                "labels": [name.partition(": ")[2] for name in axis_names(view.axes)],
                "signs": list(view.signs) or [1] * len(view.axes),
                "networks": [numbers[id(part)] for part in view.parts],
            }
            for view in self.views
        ]
        made = [part.described() if isinstance(part, Sheet) else packed(part) for part in networks]
        return {"channels": self.channels, "span": SPAN, "note": self.note, "networks": made, "views": views}
