"""Ellipses against brute force, against each other and against the disks of the size chapter."""

import numpy as np
import pytest

from latentspace.images.ellipses import CHUNK, draw_ellipses
from latentspace.images.shapes import Disk


def column(*values):
    return np.array(values, dtype=float)


def draw(a, b, theta, size=64, blur=0.5, centre=None):
    """One ellipse as grey levels 0 … 1, shape (size, size)."""
    centres = None if centre is None else np.array([centre], dtype=float)
    return draw_ellipses(column(a), column(b), column(theta), size, blur, centres)[0, 0] / 255


def brute_force(a, b, theta, size=64, blur=0.5, centre=(0, 0), fine=16):
    """16 × 16 points to the pixel, in or out of the ellipse, averaged with Gaussian weights."""
    margin = int(np.ceil(4 * blur)) + 1
    axis = (np.arange((size + 2 * margin) * fine) + 0.5) / fine - margin - size / 2
    y, x = axis[:, None] - centre[1], axis[None, :] - centre[0]
    along, across = np.cos(theta) * x + np.sin(theta) * y, np.cos(theta) * y - np.sin(theta) * x
    inside = ((along / a) ** 2 + (across / b) ** 2 <= 1).astype(float)
    pixels = np.arange(size) - (size - 1) / 2
    weights = np.exp(-((pixels[:, None] - axis[None, :]) ** 2) / (2 * blur**2))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ inside @ weights.T


@pytest.fixture(scope="module")
def many():
    """Axes and angles of 200 ellipses as the data set has them."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(2, 31, (2, 200))
    return a, b, rng.uniform(0, np.pi / 2, 200)


@pytest.mark.parametrize(
    ("a", "b", "theta", "largest", "mean"),
    [
        (2, 2, 0.0, 0.01, 1e-4),
        (8, 8, 0.0, 0.01, 1e-4),
        (31, 31, 0.0, 0.01, 3e-4),
        (4, 3, 0.3, 0.01, 1e-4),
        (12, 5, 0.6, 0.02, 2e-4),
        (5, 12, 0.6, 0.02, 2e-4),
        (31, 20, 0.2, 0.02, 3e-4),
        (31, 4, 1.2, 0.1, 1e-3),
        (10, 2, 0.7, 0.1, 1e-3),
        (14, 2, 0.7, 0.1, 1e-3),
        (28, 2, 1.1, 0.25, 2e-3),  # the first-order distance is worst at the tips of a needle
    ],
)
def test_ellipses_are_close_to_brute_force(a, b, theta, largest, mean):
    difference = np.abs(draw(a, b, theta) - brute_force(a, b, theta))
    assert difference.max() < largest
    assert difference.mean() < mean


@pytest.mark.parametrize("blur", [0.3, 0.5, 1.0, 2.0])
def test_blur_is_the_standard_deviation_of_the_point_spread(blur):
    difference = np.abs(draw(12, 9, 0.4, blur=blur) - brute_force(12, 9, 0.4, blur=blur))
    assert difference.max() < 0.02


def test_a_shifted_ellipse_is_close_to_brute_force_and_may_leave_the_image():
    for centre in [(7.3, -4.1), (-30.2, 11.6)]:
        difference = np.abs(draw(9, 6, 0.5, centre=centre) - brute_force(9, 6, 0.5, centre=centre))
        assert difference.max() < 0.02
    assert draw(9, 6, 0.5, centre=(80.0, 0.0)).max() == 0


@pytest.mark.parametrize(("a", "b"), [(4, 4), (4, 9), (20, 5), (30, 30), (31, 4)])
@pytest.mark.parametrize("theta", [0.0, 0.5, 1.3])
def test_the_sum_over_the_pixels_is_the_area(a, b, theta):
    assert draw(a, b, theta).sum() == pytest.approx(np.pi * a * b, rel=0.01)


def test_centred_ellipses_are_their_own_half_turn(many):
    images = draw_ellipses(*many, 64, 0.5, np.zeros((200, 2)))
    assert np.array_equal(images, images[:, :, ::-1, ::-1])
    assert images.dtype == np.uint8
    assert images.shape == (200, 1, 64, 64)


def test_centred_is_the_same_as_centres_of_zero(many):
    assert np.array_equal(draw_ellipses(*many, 64, 0.5), draw_ellipses(*many, 64, 0.5, np.zeros((200, 2))))


@pytest.mark.parametrize("n", [1, CHUNK - 1, CHUNK, 2 * CHUNK + 1])
def test_an_ellipse_does_not_depend_on_those_drawn_with_it(many, n):
    together = draw_ellipses(*(values[:n] for values in many), 64, 0.5)
    assert len(together) == n
    for i in {0, n // 2, n - 1}:
        assert np.array_equal(together[i], draw_ellipses(*(values[i : i + 1] for values in many), 64, 0.5)[0])


@pytest.mark.parametrize("shift", [(5, -3), (-8, 0), (0, 7)])
def test_moving_by_whole_pixels_rolls_the_image(many, shift):
    a, b, theta = many[0] / 3, many[1] / 3, many[2]
    here = draw_ellipses(a, b, theta, 64, 0.5)
    there = draw_ellipses(a, b, theta, 64, 0.5, np.tile(column(*shift), (200, 1)))
    assert np.array_equal(there, np.roll(here, (shift[1], shift[0]), axis=(2, 3)))


def test_a_quarter_turn_turns_the_image(many):
    a, b, theta = many
    turned = draw_ellipses(a, b, theta + np.pi / 2, 64, 0.5).astype(int)
    assert np.abs(turned - np.rot90(draw_ellipses(a, b, theta, 64, 0.5), axes=(3, 2))).max() <= 1
    assert np.abs(turned - draw_ellipses(b, a, theta, 64, 0.5)).max() <= 1


def test_a_positive_angle_turns_the_axis_a_from_columns_towards_rows():
    image = draw(20, 4, 0.5)
    rows, columns = np.nonzero(image > 0.5)
    slope = np.polyfit(columns - 31.5, rows - 31.5, 1)[0]
    assert slope == pytest.approx(np.tan(0.5), abs=0.05)


@pytest.mark.parametrize("radius", [2.0, 3.3, 7.0, 11.9, 15.0])
def test_round_ellipses_are_the_disks_of_the_size_chapter(radius):
    disk = Disk().draw(column(radius), 32, 0.5)[0]
    assert np.abs(draw(radius, radius, 0.3, size=32) - disk).max() <= 2 / 255
