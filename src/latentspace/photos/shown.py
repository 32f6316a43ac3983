"""Traversals of the components about a face, rendered at the generator's full size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from latentspace.gan.attributes import statistics
from latentspace.gan.local import Organised
from latentspace.gan.neighbourhood import seed_of
from latentspace.gan.params import Sizes
from latentspace.gan.rendering import sample
from latentspace.gan.roles import PCA_AE
from latentspace.measures.matching import association
from latentspace.pipeline.measured import Findings
from latentspace.pipeline.measured import Picture as Saved
from latentspace.plots.strips import as_shown
from latentspace.plots.style import DPI, Picture
from latentspace.plots.tables import axis_names
from latentspace.plots.traversals import traversal_grid, traversals

Images = Callable[[Tensor], Tensor]  # of latents
QUALITY = 85  # of the JPEG files


@dataclass(frozen=True)
class Photograph:
    """A figure that is saved as JPEG, a tenth of the size of PNG for photographs."""

    figure: Picture

    def save(self, path: Path) -> None:
        """Write the file."""
        with BytesIO() as png:
            self.figure.savefig(png, format="png", dpi=DPI, bbox_inches="tight", pad_inches=0.06)
            Image.open(png).convert("RGB").save(path, quality=QUALITY, optimize=True)


def experiment(
    trained: Mapping[str, Organised], full: Mapping[str, Images], sizes: Sizes, steps: int, side: int
) -> Findings:
    """One picture for every variant: the components of its first model.

    Args:
        trained: variants by name.
        full: functions from latents to images at full size, by the name of a variant's generator.
        sizes: number and seed of the latents with which the components are named.
        steps: images along a component.
        side: of an image, in pixels.
    """
    pictures: dict[str, Saved] = {}
    for name, organised in trained.items():
        _, model = organised.first
        grid = traversals(model, steps, partial(averaged, full[organised.variant.generator], side))
        pictures[f"{name}.jpg"] = Photograph(traversal_grid({PCA_AE: grid}, {PCA_AE: names(organised, sizes)}))
    return Findings(pictures=pictures, summary=f"{', '.join(trained)}; research use only")


@torch.no_grad()
def names(organised: Organised, sizes: Sizes) -> list[str]:
    """Names of the components about the first anchor, after the statistics of images with which they correlate."""
    place, model = organised.first
    fresh = sample(organised.generator, place, sizes.test_images, seed_of(sizes.seed, test=True))
    codes = model.encode(place.latents(fresh.offsets)).double().numpy()
    return axis_names(association(codes, statistics(fresh.images.float())))


@torch.no_grad()
def averaged(full: Images, side: int, latents: Float[Tensor, "n latent"]) -> Float[np.ndarray, "n side side 3"]:
    """Pictures of latents in [0, 1], rendered one after the other and averaged to `side` pixels."""
    made = (full(latent).clamp(-1, 1) for latent in latents.split(1))
    return as_shown(torch.cat([F.adaptive_avg_pool2d(image, side) for image in made]))
