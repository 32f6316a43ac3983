"""Numbers and examples of the silhouettes: MNIST digits and the corpus callosum of an MRI template (slide 20)."""

from __future__ import annotations

from collections.abc import Mapping

from latentspace.images.scaled import ShapeDataset
from latentspace.pipeline.measured import Findings, measured
from latentspace.plots.naming import words
from latentspace.plots.style import strip
from latentspace.size.pictures import spread


def experiment(data: Mapping[str, ShapeDataset]) -> Findings:
    """Numbers of silhouettes and sizes, and a picture of ten sizes of each; all data sets have the same radii."""
    *_, last = data.values()
    chosen = spread(len(last.test), 10)
    rows = [(words(name), one.test[chosen]) for name, one in data.items()]
    return Findings(
        measured("", {"silhouettes": float(len(data)), "train_images": float(len(last.train))}),
        {"examples.png": strip(rows, [f"r = {last.test_radii[i]:.1f}" for i in chosen])},
        summary=f"{len(data)} silhouettes at {len(last.train)} sizes each",
    )
