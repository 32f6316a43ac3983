"""Images against brute force; data sets deterministic, stratified and checked on reading."""

import numpy as np
import pytest
from scipy import special

from latentspace.size import dataset
from latentspace.size.measures import image_radius
from latentspace.size.params import Sampling
from latentspace.size.shapes import FAR, Disk, chance_inside, distances, largest_component, shape, silhouette

SAMPLING = Sampling(image_size=32, radius_max=15.5, blur=0.5, train_images=64, test_images=16, seed=4)


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
    assert np.abs(image_radius(images) - radii).max() < 0.02
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


def test_data_are_stratified_deterministic_and_round_trip(tmp_path):
    data, again = (dataset.make(Disk(), SAMPLING) for _ in range(2))
    width = SAMPLING.radius_max / SAMPLING.train_images
    assert np.array_equal(np.floor(data.train_radii / width), np.arange(SAMPLING.train_images))
    dataset.save(data, tmp_path / "a.npz")
    dataset.save(again, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert np.array_equal(dataset.load(tmp_path / "a.npz").test, data.test)
    other = dataset.make(Disk(), SAMPLING.model_copy(update={"seed": 5}))
    assert not np.array_equal(other.train, data.train)


def test_damaged_data_files_are_named(tmp_path):
    path = tmp_path / "disks.npz"
    with pytest.raises(ValueError, match="no such file"):
        dataset.load(path)
    dataset.save(dataset.make(Disk(), SAMPLING), path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"disks\.npz: damaged"):
        dataset.load(path)


def test_a_hole_leaves_the_test_set_whole():
    data = dataset.make(Disk(), SAMPLING)
    holed = dataset.without_hole(data, [5.0, 9.0])
    assert not ((holed.train_radii > 5) & (holed.train_radii < 9)).any()
    assert len(holed.train) == len(holed.train_radii) < len(data.train)
    assert np.array_equal(holed.test, data.test)
    with pytest.raises(ValueError, match="fewer than two"):
        dataset.without_hole(data, [0.0, 15.5])
