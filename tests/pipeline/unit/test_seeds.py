"""Seeds of a variant: some of the study's, or more."""

import pytest

from latentspace.pipeline.seeds import seeds_of


@pytest.mark.parametrize(
    ("study", "limits", "wanted"),
    [
        ([3, 1, 4], {}, [3, 1, 4]),
        ([3, 1, 4], {"most": 2}, [3, 1]),
        ([3], {"most": 2}, [3]),
        ([3, 1, 4], {"least": 2}, [3, 1, 4]),
        ([3, 1, 4], {"least": 6}, [3, 1, 4, 0, 2, 5]),
        ([0, 1, 2], {"least": 5}, [0, 1, 2, 3, 4]),
    ],
)
def test_seeds_are_the_first_of_the_study_and_then_the_smallest_others(study, limits, wanted):
    assert seeds_of(study, **limits) == wanted
