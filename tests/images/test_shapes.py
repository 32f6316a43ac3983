"""Images of shapes against brute force."""

import numpy as np
import pytest
from scipy import special

from latentspace.images.shapes import FAR, Disk, chance_inside, distances, largest_component, shape, silhouette


def shifted_average(inside, size, sigma, nodes=201):
    """Brute force: the mean over Gaussian sub-pixel shifts of an unblurred drawing, on a dense grid of shifts."""
    shifts = np.linspace(-4 * sigma, 4 * sigma, nodes)
    weights = np.exp(-(shifts**2) / (2 * sigma**2))
    weights /= weights.sum()
    axis = np.arange(size) - (size - 1) / 2
    image = np.zeros((size, size))
    for dy, wy in zip(shifts, weights, strict=True):
        for dx, wx in zip(shifts, weights, strict=True):
            image += wy * wx * inside(axis[:, None] + dy, axis[None, :] + dx)
    return image


@pytest.mark.parametrize("radius", [0.2, 0.5, 1.0, 2.7, 8.3, 15.4])
def test_disk_is_the_average_over_sub_pixel_shifts(radius):
    drawn = Disk().draw(np.array([radius]), 32, 0.5)[0]
    wanted = shifted_average(lambda y, x: y**2 + x**2 <= radius**2, 32, 0.5)
    assert np.abs(drawn - wanted).max() < 1e-2


def test_the_chance_inside_a_disk_is_the_non_central_chi_squared_distribution():
    distance = np.linspace(0, 200, 4001)
    for gap in np.linspace(-FAR, FAR, 29):
        radius = distance + gap
        where = radius >= 0
        exact = special.chndtr(radius[where] ** 2, 2, distance[where] ** 2)
        assert np.abs(chance_inside(radius[where], distance[where]) - exact).max() < 1e-11
    assert np.isclose(chance_inside(np.array([1.5]), np.zeros(1))[0], 1 - np.exp(-(1.5**2) / 2), atol=1e-12)


def test_disk_sum_is_its_area_and_grows_with_the_radius():
    radii = np.linspace(2, 12, 21)
    images = Disk().draw(radii, 32, 0.5)
    assert np.abs(np.sqrt(images.sum((1, 2), dtype=float) / np.pi) - radii).max() < 0.02
    assert np.all(np.diff(images, axis=0) >= -1e-6)
    assert images.dtype == np.float32
    assert np.allclose(images, images[:, ::-1, :])
    assert np.allclose(images, images.transpose(0, 2, 1))


@pytest.mark.parametrize("radius", [3.0, 9.5])
def test_a_silhouette_of_a_disk_is_a_disk(radius):
    mask = distances(400) < 150
    drawn = silhouette(mask).draw(np.array([radius]), 32, 0.5)[0]
    assert np.abs(drawn - Disk().draw(np.array([radius]), 32, 0.5)[0]).max() < 1e-2


def test_a_square_silhouette_against_brute_force():
    mask = np.zeros((300, 300), dtype=bool)
    mask[50:250, 50:250] = True
    radius = 10.0
    half = radius / np.sqrt(2)
    wanted = shifted_average(lambda y, x: (np.abs(y) <= half) & (np.abs(x) <= half), 32, 0.5)
    assert np.abs(silhouette(mask).draw(np.array([radius]), 32, 0.5)[0] - wanted).max() < 0.03


@pytest.mark.parametrize("name", ["digit_3", "corpus_callosum"])
def test_real_silhouettes_are_one_piece_and_fit_the_image(name):
    images = shape(name).draw(np.array([2.0, 8.0, 15.5]), 32, 0.5)
    assert np.all(np.diff(images.sum(axis=(1, 2))) > 0)
    assert images[2].sum() / images[1].sum() == pytest.approx((15.5 / 8) ** 2, rel=0.02), "area grows as r²"
    assert images[2][:, [0, -1]].max() < 0.6
    binary = images[2] > 0.5
    assert largest_component(binary).sum() > 0.97 * binary.sum()


def test_unknown_and_empty_shapes_are_refused():
    for name in ("square", "digit_x", "digit_"):
        with pytest.raises(ValueError, match="unknown shape"):
            shape(name)
    with pytest.raises(ValueError, match="inside"):
        silhouette(np.zeros((5, 5), dtype=bool))
