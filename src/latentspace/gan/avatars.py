"""Sets of drawn avatars with known factors, as the talk's photographs have no labels (slides 40, 46)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from latentspace.gan.params import DrawnSets
from latentspace.images import avatars
from latentspace.images.labelled import LabelledImages
from latentspace.images.params import Avatars
from latentspace.pipeline.measured import Findings
from latentspace.plots.strips import rows_of_images

ROWS, COLUMNS = 3, 12  # of the picture of examples


def draw(section: DrawnSets) -> dict[str, LabelledImages]:
    """Draw the test set and the training set, by name."""
    count = section.train_images + section.test_images
    drawn = avatars.make(Avatars(images=count, seed=section.seed, glasses=section.glasses))
    parts = {"test": slice(section.test_images), "train": slice(section.test_images, None)}
    return {name: LabelledImages(drawn.images[part], drawn.factors[part], drawn.names) for name, part in parts.items()}


def experiment(sets: Mapping[str, LabelledImages]) -> Findings:
    """Examples of the sets, and the number of avatars."""
    images = np.concatenate([data.images[: ROWS * COLUMNS] for data in sets.values()])[: ROWS * COLUMNS] / 255
    rows = [("", images[first : first + COLUMNS]) for first in range(0, len(images), COLUMNS)]
    count, names = sum(len(data.images) for data in sets.values()), next(iter(sets.values())).names
    return Findings(pictures={"examples.png": rows_of_images(rows)}, summary=f"{count} avatars with {', '.join(names)}")
