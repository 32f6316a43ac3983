"""Translation, a 2-D factor, with different sizes of packets (slide 48)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from latentspace.images.image_set import ImageSet
from latentspace.measures.matching import association
from latentspace.measures.regression import linear_r2
from latentspace.organise.coded import Coded, Networks, encode, of_first_seed, order
from latentspace.pipeline.measured import Findings, means, measured, select
from latentspace.plots.tables import axis_names, heat_maps
from latentspace.plots.traversals import traversal_grid, traversals

FACTORS = ("x", "y", "radius")
# Names of the talk's variants in the results; others keep their names.
VARIANTS = {"packets_2_1": "packets", "packets_1_2": "packets_1_2", "packets_1_1_1": "packets_1_1_1"}


def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """Relation of the components of translated disks to position and radius, by the sizes of the packets.

    Args:
        models: by variant and seed.
        data: images of disks with the factors ``x``, ``y`` and ``radius``.
    """
    coded = encode(models, data)
    rows = [
        row
        for name, by_seed in coded.items()
        for seed, one in by_seed.items()
        for row in measured(VARIANTS.get(name, name), scores(one, data), seed)
    ]
    first = of_first_seed(coded)
    tables = {name: association(one.codes, data.test_factors) for name, one in first.items()}
    grids = {name: traversals(one.model, 9) for name, one in first.items()}
    r2 = means(select(rows, measure="translation_r2"))
    return Findings(
        rows,
        {
            "factors.png": heat_maps(tables, "|Pearson| with the factors", low=0.0),
            "traversals.png": traversal_grid(grids, {name: axis_names(table) for name, table in tables.items()}),
        },
        summary=", ".join(f"{name} {value:.3f}" for name, value in r2.items()),
    )


def scores(coded: Coded, data: ImageSet) -> dict[str, float]:
    """R² of affine maps to the position from the first two components and from all, and to the radius from the last.

    A code of one component has no second one: its first two are it alone.
    """
    position = np.column_stack([data.test_factors["x"], data.test_factors["y"]])
    radius = data.test_factors["radius"][:, None]
    return {
        "translation_r2": linear_r2(coded.codes[:, :2], position),
        "radius_r2": linear_r2(coded.codes[:, -1:], radius),
        "translation_r2_all": linear_r2(coded.codes, position),
    } | order(coded)
