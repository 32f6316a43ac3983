"""Faces for pre-training, rendered small by a public generator, as no data set of faces may be redistributed.

For research use only, as that generator.
"""

from __future__ import annotations

import torch

from latentspace.gan.frozen import Frozen
from latentspace.images.labelled import LabelledImages, without_factors
from latentspace.pipeline.measured import Findings
from latentspace.pretraining.params import Faces
from latentspace.pretraining.samples import samples, sheet


def make(config: Faces, generator: Frozen, device: torch.device) -> LabelledImages:
    """Render the whole set on a device."""
    return without_factors(samples(generator.to(device), config.images, config.seed))


def experiment(data: LabelledImages) -> Findings:
    """Examples of the set."""
    images = data.images
    return Findings(
        pictures={"examples.png": sheet(images)}, summary=f"{len(images)} faces of {images.shape[1]} pixels"
    )
