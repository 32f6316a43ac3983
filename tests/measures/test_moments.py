"""Attributes and moments of images made by hand."""

import numpy as np
import pytest

from latentspace.measures.moments import moments, size_horizontal_vertical


def test_s_h_v_of_images_made_by_hand():
    row, column, diagonal = np.zeros((3, 4, 4))
    row[1], column[:, 1] = 2, 3
    np.fill_diagonal(diagonal, 5)
    diagonal[0, 3] = 1
    found = size_horizontal_vertical(np.stack([row, column, diagonal]))
    assert found["S"].tolist() == [8, 12, 21]
    assert found["H"].tolist() == [4, 0.25, 1]
    assert found["V"].tolist() == [1, 1, 20]


def test_the_middle_is_31_of_64_and_the_true_one_of_an_odd_size():
    for size, middle in ((64, 31), (5, 2)):
        image = np.zeros((1, size, size))
        image[0, middle], image[0, :, middle] = 1, 1
        assert size_horizontal_vertical(image)["H"] == 1
        image[0, middle] = 2
        assert size_horizontal_vertical(image)["H"] == pytest.approx(2 * size / (size + 1))


def test_h_turns_into_its_inverse_and_v_with_a_mirror():
    images = np.random.default_rng(0).uniform(0.1, 1, (10, 7, 7))
    found = size_horizontal_vertical(images)
    assert np.allclose(size_horizontal_vertical(images.transpose(0, 2, 1))["H"], 1 / found["H"])
    assert np.allclose(size_horizontal_vertical(images[:, :, ::-1])["V"], 1 / found["V"])
    assert np.allclose(size_horizontal_vertical(-images)["H"], found["H"]), "an absolute value"


def test_empty_images_and_empty_middles_give_0():
    images = np.zeros((2, 6, 6), dtype=np.float32)
    images[1, 2, 5] = 1  # the middle row only, on no diagonal
    found = size_horizontal_vertical(images)
    assert [values.tolist() for values in found.values()] == [[0, 1], [0, 0], [0, 0]]
    assert found["S"].dtype == np.float64


def bar(*, left=0, top=0, lean=0, rows=9, columns=3):
    """A bar of light in 21 × 21 pixels, moved to the right by `lean` pixels with every row further up."""
    image = np.zeros((1, 21, 21))
    for row in range(rows):
        start = left + lean * (rows - 1 - row)
        image[0, top + row, start : start + columns] = 1
    return image


def test_moments_of_bars_follow_from_their_sides():
    found = moments(np.stack([bar(left=9, top=6), bar(left=0, top=12), bar(left=2, top=6, lean=2)]))
    step = 0.1  # between pixels, in units of half the image
    assert np.allclose(found["lightness"], 27 / 21**2)
    assert np.allclose(found["right"], [0, -0.9, step * (3 + 8 - 10)])
    assert np.allclose(found["down"], [0, 0.6, 0])
    assert np.allclose(found["width"][:2], step * np.sqrt((3**2 - 1) / 12))
    assert np.allclose(found["height"], step * np.sqrt((9**2 - 1) / 12))
    assert np.allclose(found["slant"], [0, 0, 2], atol=1e-9)
    assert np.allclose(found["taper"], 0, atol=1e-9)


def test_taper_is_positive_where_an_image_is_wider_above():
    funnel = bar(left=6, top=2, rows=8, columns=9) + bar(left=9, top=10, rows=8, columns=3)
    taper = moments(np.stack([funnel, funnel[:, ::-1]]))["taper"]
    assert taper[0] > 0.3 and np.isclose(taper[0], -taper[1])


def test_moments_do_not_depend_on_brightness_and_are_0_in_the_dark():
    image = np.random.default_rng(0).uniform(size=(1, 3, 8, 8))
    one, half, dark = (np.array(list(moments(factor * image).values())).T[0] for factor in (1, 0.5, 0))
    assert np.allclose(half[1:], one[1:]) and half[0] == one[0] / 2
    assert np.array_equal(dark, np.zeros(7))
