"""Drawn heads with known factors, as the talk's photographs have no labels (slides 43-46).

DiceBear draws Pablo Stanley's *avataaars* as SVG, which resvg renders. Some factors are left out because in trials they
only blurred the axes: styles of short hair that look alike at this size, scale, and vertical shift.
"""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from latentspace.images.labelled import LabelledImages
from latentspace.images.params import Avatars

RENDERED, CROPPED, LEFT, TOP = 86, 64, 11, 5  # pixels: drawn size, and the crop that tightly contains the head


ROLL = 15.0  # degrees to either side


SHIFT = 5.0  # pixels to either side


# A colour is a position in [0, 1] along a ramp from dark to light; the stops are close to the style's own colours.
RAMPS = {
    "skin": ("#7d4a30", "#ae5d29", "#d08b5b", "#edb98a", "#ffdbb4"),
    "hair_colour": ("#2c1b18", "#724133", "#a55728", "#d6b370", "#ecdcbf"),
    "background": ("#5b9bc8", "#f1d3ab"),
    "shirt": ("#25557c", "#929598", "#ff5c5c"),
}


HAIR = ("shortFlat", "bob", "curly")  # by volume


MOUTHS = ("serious", "smile", "screamOpen")


NAMES = [*RAMPS, "roll", "shift", "hair_style", "mouth", "glasses"]


def draw_factors(count: int, seed: int, glasses: float) -> Float[np.ndarray, "count 9"]:
    """Independent factors with columns as in `NAMES`: positions on ramps, degrees, pixels, and indices of classes.

    Args:
        count: number of heads.
        seed: of the factors.
        glasses: share of heads that wear glasses.
    """
    rng = np.random.default_rng(seed)
    columns: list[np.ndarray] = [rng.random(count) for _ in RAMPS]
    columns += [rng.uniform(-ROLL, ROLL, count), rng.uniform(-SHIFT, SHIFT, count)]
    columns += [rng.integers(len(HAIR), size=count), rng.integers(len(MOUTHS), size=count)]
    columns += [rng.random(count) < glasses]
    return np.stack(columns, axis=1).astype(np.float32)


def ramp(stops: Sequence[str], position: float) -> str:
    """Colour at `position` in [0, 1] along evenly spaced stops, as #rrggbb."""
    values = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops])
    places = np.linspace(0, 1, len(stops))
    return "#" + "".join(f"{round(np.interp(position, places, channel)):02x}" for channel in values.T)


def options(row: Float[np.ndarray, " 9"]) -> dict[str, Any]:
    """DiceBear's options for one row of factors."""
    factor = dict(zip(NAMES, map(float, row), strict=True))
    colour = {name: [ramp(stops, factor[name])] for name, stops in RAMPS.items()}
    return {
        "skinColor": colour["skin"],
        "hairColor": colour["hair_colour"],
        "backgroundColor": colour["background"],
        "clothesColor": colour["shirt"],
        "rotate": factor["roll"],
        "translateX": 100 * factor["shift"] / RENDERED,  # per cent of the drawing
        "topVariant": HAIR[int(factor["hair_style"])],
        "mouthVariant": MOUTHS[int(factor["mouth"])],
        "accessoriesProbability": 100 if factor["glasses"] else 0,
        "accessoriesVariant": "prescription02",
        "accessoriesColor": ["#262e33"],
        "clothesVariant": "shirtCrewNeck",
        "eyesVariant": "default",
        "eyebrowsVariant": "default",
        "facialHairProbability": 0,
        "seed": "0",
    }


def style() -> Any:
    """The *avataaars* style; raises ValueError naming the extra to install if DiceBear is missing."""
    found = importlib.util.find_spec("dicebear_styles")
    if found is None or not found.submodule_search_locations:
        raise ValueError("dicebear-styles is not installed: run `pip install -e '.[study]'`")
    from dicebear import Style

    folder = Path(next(iter(found.submodule_search_locations)))
    return Style(json.loads((folder / "avataaars.json").read_text(encoding="utf-8")))


def render(drawn: Any, chosen: Mapping[str, Any]) -> UInt8[np.ndarray, "64 64 3"]:
    """Render one head in the style `drawn` with the options `chosen`, cropped."""
    import resvg_py
    from dicebear import Avatar

    svg = Avatar(drawn, dict(chosen)).to_string()
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=RENDERED, height=RENDERED))
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return pixels[TOP : TOP + CROPPED, LEFT : LEFT + CROPPED]


def make(config: Avatars) -> LabelledImages:
    """Draw the whole set; raises ValueError as `style`."""
    drawn = style()
    factors = draw_factors(config.images, config.seed, config.glasses)
    return LabelledImages(np.stack([render(drawn, options(row)) for row in factors]), factors, list(NAMES))
