"""Files of the report's latent explorer: decoders with the names of their axes, which the page computes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from latentspace.pipeline import files
from latentspace.plots.decoder import Layers, packed
from latentspace.plots.naming import words
from latentspace.plots.tables import axis_names

SPAN = 2.0  # standard deviations to either side of 0 on a slider


@dataclass(frozen=True)
class View:
    """One picture of the explorer, which moves with the sliders.

    Attributes:
        method: whose latent space it is.
        axes: |correlation| of its components with factors or attributes, by which they are named.
        parts: networks from a code to an image in [0, 1], one after the other; views may share them.
        place: what can be chosen, such as an anchor; the views of one place are side by side.
    """

    method: str
    axes: pd.DataFrame
    parts: Sequence[Layers]
    place: str = ""


@dataclass(frozen=True)
class Explorer:
    """The views of one explorer, and the channels of their images: 1 or 3."""

    views: Sequence[View]
    channels: int

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
                "networks": [numbers[id(part)] for part in view.parts],
            }
            for view in self.views
        ]
        return {"channels": self.channels, "span": SPAN, "networks": [*map(packed, networks)], "views": views}
