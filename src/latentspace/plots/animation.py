"""Animations as GIF files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

Frames = Sequence[UInt8[np.ndarray, "height width *channels"]]
COLOURS = 64


@dataclass(frozen=True)
class Animation:
    """Frames in an endless loop.

    Attributes:
        frames: uint8, each of shape (height, width) or (height, width, 3).
        milliseconds: duration of a frame.
    """

    frames: Frames
    milliseconds: int = 80

    def save(self, path: Path) -> None:
        """Write a GIF file."""
        first, *rest = [Image.fromarray(frame).quantize(COLOURS) for frame in self.frames]
        first.save(path, save_all=True, append_images=rest, duration=self.milliseconds, loop=0, optimize=True)
