"""Training set of drawn heads with recorded factors."""

from __future__ import annotations

import numpy as np

from latentspace.images.labelled import LabelledImages
from latentspace.pipeline.measured import Findings, Measured
from latentspace.pretraining.samples import sheet


def experiment(data: LabelledImages) -> Findings:
    """Examples of the set, and the mean of every factor."""
    return Findings(
        [Measured("", name, float(np.mean(data.factors[:, k]))) for k, name in enumerate(data.names)],
        {"examples.png": sheet(data.images)},
        summary=f"{len(data.images)} heads of {data.images.shape[1]} pixels, {len(data.names)} factors",
    )
