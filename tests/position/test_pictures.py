"""Which examples figures show."""

from latentspace.position.pictures import random_indices, spread_indices


def test_spread_indices_stay_away_from_the_ends():
    assert spread_indices(101, 3) == [10, 50, 90]


def test_random_indices_are_different_and_the_same_in_every_call():
    found = random_indices(50, 8)
    assert len(set(found)) == 8 and set(found) <= set(range(50))
    assert found == random_indices(50, 8)
    assert sorted(random_indices(5, 8)) == [0, 1, 2, 3, 4]
