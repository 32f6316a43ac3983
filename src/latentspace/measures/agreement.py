"""Agreement of the components of several trainings on the same images."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from latentspace.measures.columns import Codes, need_two
from latentspace.measures.matching import association, matching


def agreement(codes: Mapping[int, Codes]) -> float:
    """Mean |Pearson| of components of two seeds after optimal one-to-one matching, mean over pairs of seeds, in [0, 1].

    1 if all trainings find the same components up to their order, sign and scale. Nothing is rotated: two codes that
    differ by a rotation of two components by 45° have |Pearson| .71 for these two.

    Args:
        codes: of the same images, by seed, each of shape (n, k).

    Raises:
        ValueError: if there are fewer than two seeds, their shapes differ, or a value is not finite.

    Source: the mean correlation coefficient (MCC) between trainings, as in I. Khemakhem et al., "ICE-BeeM: Identifiable
    conditional energy-based deep models based on nonlinear ICA", 2020, section 5.
    """
    need_two("agreement", len(codes), "seeds")
    if len(shapes := {one.shape for one in codes.values()}) > 1:
        raise ValueError(f"agreement compares codes of one shape, not {', '.join(map(str, sorted(shapes)))}")
    return float(np.mean([_of_two(one, other) for one, other in combinations(codes.values(), 2)]))


def _of_two(one: Codes, other: Codes) -> float:
    """Mean |Pearson| of matched components of two codes."""
    table = association(one, {f"component {i + 1} of the other seed": column for i, column in enumerate(other.T)})
    return float(np.mean([score for _, score in matching(table).values()]))
