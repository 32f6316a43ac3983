"""Positions are stratified, in range and held out."""

import numpy as np
import pytest

from latentspace.position import dataset


@pytest.mark.parametrize("dimensions", [1, 2])
def test_positions_are_stratified_in_range_and_held_out(dimensions):
    a = dataset.continuous(400, 16, dimensions, 0)
    assert len(a) == 400 and a.min() >= 0 and a.max() <= 15
    per_axis = round(400 ** (1 / dimensions))
    cells = np.floor(a / 15 * per_axis).astype(int)
    assert len(np.unique(cells, axis=0)) == 400
    other = dataset.held_out(400, 16, dimensions)
    assert not np.isin(a, other).any()


def test_all_places_are_every_pixel():
    assert dataset.all_places(3, 1).tolist() == [[0], [1], [2]]
    assert len(np.unique(dataset.all_places(4, 2), axis=0)) == 16


def test_an_empty_set_is_refused():
    with pytest.raises(ValueError, match="empty set"):
        dataset.continuous(0, 16, 1, 0)
