"""Numbers and examples of the data set of centred disks (slide 8)."""

from __future__ import annotations

from latentspace.images.scaled import ShapeDataset
from latentspace.pipeline.measured import Findings, Measured
from latentspace.size.pictures import input_output_strip


def experiment(data: ShapeDataset) -> Findings:
    """Numbers of disks, their mean grey level, and a picture of ten."""
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    return Findings(
        [
            Measured("", "train_images", float(len(data.train))),
            Measured("", "validation_images", float(len(data.validation))),
            Measured("", "test_images", float(len(data.test))),
            Measured("", "mean_grey", float(data.train.mean())),
        ],
        {"examples.png": input_output_strip(data.test, data.test_radii, {})},
        summary=f"{', '.join(f'{len(part)} {name}' for name, part in parts.items())} disks, r ≤ {data.radius_max} px",
    )
