"""The range of L."""

import pytest

from latentspace.position.filters import check_levels


def test_levels_are_1_to_12():
    assert [check_levels(levels) for levels in (1, 12)] == [1, 12]
    for levels in (0, 13, -1):
        with pytest.raises(ValueError, match=rf"L = {levels} must be in 1 … 12"):
            check_levels(levels)
