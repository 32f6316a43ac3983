"""Sizes, factors and examples of an image set (slides 36, 38, 48)."""

from __future__ import annotations

from latentspace.images.image_set import ImageSet
from latentspace.pipeline.measured import Findings, measured
from latentspace.plots.strips import examples


def experiment(name: str, data: ImageSet) -> Findings:
    """Numbers of images, standard deviations of the factors of the test images, and two rows of examples."""
    counts = {"train_images": float(len(data.train)), "test_images": float(len(data.test))}
    spread = {factor: float(values.std()) for factor, values in data.test_factors.items()}
    return Findings(
        measured("", counts | spread),
        {"examples.png": examples({name: data.test[:24]})},
        summary=f"{len(data.train)} training and {len(data.test)} test images",
    )
