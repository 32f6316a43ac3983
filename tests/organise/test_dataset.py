"""Image sets: deterministic, with factors that belong to their images, and checked on reading."""

import io

import numpy as np
import pytest
from PIL import Image

from latentspace.core.params import ParamsError, parse
from latentspace.organise import dataset
from latentspace.organise.params import DataSet

DRAWN = ["ellipses", "disks", "dial"]
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def drawn(kind, **changes):
    return DataSet(**({"kind": kind, "image_size": 32, "train_images": 96, "test_images": 32, "seed": 3} | changes))


def folder_of(path, **changes):
    return DataSet(**({"kind": "folder", "path": str(path), "image_size": 16} | changes))


def flag(width, height):
    """Three vertical stripes, red, green, blue, the middle one a square."""
    image = Image.new("RGB", (width, height), RED)
    left = (width - height) // 2
    image.paste(GREEN, (left, 0, left + height, height))
    image.paste(BLUE, (left + height, 0, width, height))
    return image


def fill(path, n):
    """n grey images of levels 10, 20, …"""
    path.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.new("L", (16, 16), 10 * (i + 1)).save(path / f"{i:02d}.png")


@pytest.mark.parametrize("kind", DRAWN)
def test_equal_specifications_give_equal_bytes(tmp_path, kind):
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        dataset.save(dataset.make(drawn(kind, seed=seed)), tmp_path / f"{name}.npz")
    first, again, other = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", DRAWN)
def test_sets_have_the_sizes_asked_for_and_train_is_not_test(kind):
    data = dataset.make(drawn(kind))
    assert data.train.shape == (96, 1, 32, 32)
    assert data.test.shape == (32, 1, 32, 32)
    assert data.train.dtype == np.uint8
    assert {image.tobytes() for image in data.train}.isdisjoint(image.tobytes() for image in data.test)
    assert list(data.train_factors) == list(data.test_factors)
    for factors, n in ((data.train_factors, 96), (data.test_factors, 32)):
        assert all(values.shape == (n,) and np.isfinite(values).all() for values in factors.values())


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_area_belongs_to_its_image(part):
    data = dataset.make(drawn("ellipses"))
    images, factors = getattr(data, part), getattr(data, f"{part}_factors")
    sums = images.sum(axis=(1, 2, 3)) / 255
    assert np.abs(sums / factors["area"] - 1).max() < 0.04
    assert np.pi * 2**2 <= factors["area"].min() and factors["area"].max() <= np.pi * 15**2


def test_the_log_ratios_are_those_of_second_moments():
    data = dataset.make(drawn("ellipses", image_size=64))
    axis = np.arange(64) - 31.5
    mass = data.train[:, 0] / data.train.sum(axis=(1, 2, 3))[:, None, None]
    xx, yy, xy = (
        (mass * grid).sum(axis=(1, 2)) for grid in (axis**2, axis[:, None] ** 2, axis[:, None] * axis[None, :])
    )
    long, angle = np.hypot(xx - yy, 2 * xy), np.arctan2(2 * xy, xx - yy)
    ratio = 0.5 * np.log((xx + yy + long) / (xx + yy - long))
    assert np.abs(ratio * np.cos(angle) - data.train_factors["log_ratio_cos"]).max() < 0.1
    assert np.abs(ratio * np.sin(angle) - data.train_factors["log_ratio_sin"]).max() < 0.1


def test_the_log_ratios_are_uncorrelated_and_of_equal_variance():
    n = 4000
    _, factors = dataset.ellipses(n, drawn("ellipses", image_size=16), np.random.default_rng(1))
    cosine, sine = factors["log_ratio_cos"], factors["log_ratio_sin"]
    for values in (cosine, sine):
        assert abs(values.mean()) < 4 * values.std() / np.sqrt(n)
    for difference in (cosine * sine, cosine**2 - sine**2):
        assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(n)


@pytest.mark.parametrize("part", ["train", "test"])
def test_disks_are_where_and_as_large_as_their_factors_say(part):
    data = dataset.make(drawn("disks"))
    images, factors = getattr(data, part)[:, 0] / 255, getattr(data, f"{part}_factors")
    mass, axis = images.sum(axis=(1, 2)), np.arange(32) - 15.5
    assert np.abs((images.sum(axis=1) @ axis) / mass - factors["x"]).max() < 0.1
    assert np.abs((images.sum(axis=2) @ axis) / mass - factors["y"]).max() < 0.1
    assert np.abs(np.sqrt(mass / np.pi) - factors["radius"]).max() < 0.05
    assert max(np.abs(factors["x"]).max(), np.abs(factors["y"]).max()) <= 8
    assert factors["radius"].min() >= 32 / 12 and factors["radius"].max() <= 32 / 8


def test_the_hand_of_the_dial_is_at_its_angle():
    data = dataset.make(drawn("dial"))
    images, factors = data.train[:, 0] / 255, data.train_factors
    assert np.allclose(factors["cos"], np.cos(factors["angle"])) and np.allclose(
        factors["sin"], np.sin(factors["angle"])
    )
    mass, axis = images.sum(axis=(1, 2)), np.arange(32) - 15.5
    x, y = (images.sum(axis=1) @ axis) / mass, (images.sum(axis=2) @ axis) / mass
    assert np.abs(x - 8 * factors["cos"]).max() < 0.1 and np.abs(y - 8 * factors["sin"]).max() < 0.1
    assert np.unique(np.floor(factors["angle"] / (np.pi / 2))).tolist() == [0, 1, 2, 3]


def test_digits_are_those_of_mnist_each_in_one_part():
    spec = DataSet(kind="digits", image_size=32, train_images=4000, test_images=1000)
    data, small = dataset.make(spec), dataset.make(spec.model_copy(update={"image_size": 16}))
    assert data.train.shape == (4000, 1, 32, 32) and small.test.shape == (1000, 1, 16, 16)
    everything = np.concatenate([data.train, data.test])
    assert not everything[:, :, :2].any() and not everything[:, :, :, -2:].any(), "a margin"
    assert len({image.tobytes() for image in everything}) > 4990
    pooled = data.test.reshape(1000, 1, 16, 2, 16, 2).mean((3, 5))
    assert np.abs(small.test - pooled).max() <= 1
    with pytest.raises(ValueError, match=r"5000 digits, where .* asks for 5001"):
        dataset.make(spec.model_copy(update={"test_images": 1001}))


def test_a_folder_in_colour_is_cut_to_its_middle_square(tmp_path):
    for i, size in enumerate([(60, 20), (48, 16), (96, 32), (30, 10)]):
        flag(*size).save(tmp_path / f"{i}.png")
    colour = dataset.read_folder(folder_of(tmp_path, channels=3, train_images=2, test_images=2))
    assert colour.shape == (4, 3, 16, 16)
    assert np.abs(colour.mean(axis=(0, 2, 3)) - GREEN).max() < 8
    assert np.array_equal(colour[1].mean(axis=(1, 2)), GREEN), "no scaling, no bleeding from the sides"
    grey = dataset.read_folder(folder_of(tmp_path, train_images=2, test_images=2))
    assert grey.shape == (4, 1, 16, 16)
    assert np.unique(grey[1]).tolist() == [150], "luminance of green: 0.587 × 255"


def test_a_folder_is_split_without_loss_or_repetition(tmp_path):
    fill(tmp_path / "deeper", 5)
    Image.new("L", (16, 16), 60).save(tmp_path / "z.PNG")
    (tmp_path / "notes.txt").write_text("not an image")
    spec = folder_of(tmp_path, train_images=4, test_images=2)
    data, again = dataset.make(spec), dataset.make(spec)
    assert np.array_equal(data.train, again.train) and np.array_equal(data.test, again.test)
    assert (len(data.train), len(data.test)) == (4, 2)
    levels = np.concatenate([data.train, data.test])[:, 0, 0, 0]
    assert sorted(levels.tolist()) == [10, 20, 30, 40, 50, 60]
    assert data.train_factors == data.test_factors == {}
    splits = {dataset.make(spec.model_copy(update={"seed": seed})).test.tobytes() for seed in range(8)}
    assert len(splits) > 1


def test_too_few_images_name_the_folder(tmp_path):
    fill(tmp_path / "few", 3)
    for name, found in {"few": 3, "nowhere": 0}.items():
        with pytest.raises(ValueError, match=rf"{name}: {found} images"):
            dataset.make(folder_of(tmp_path / name, train_images=2, test_images=2))


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.6])
def test_a_broken_image_is_named(tmp_path, kind, kept):
    fill(tmp_path, 3)
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    Image.fromarray(noise).save(stream, kind)
    (tmp_path / f"broken.{kind}").write_bytes(stream.getvalue()[: int(kept * stream.tell())])
    with pytest.raises(ValueError, match=rf"broken\.{kind}: not a readable image"):
        dataset.make(folder_of(tmp_path, train_images=2, test_images=2))


def test_neighbours_in_the_space_filling_order_look_alike():
    images, _ = dataset.ellipses(400, drawn("ellipses"), np.random.default_rng(0))
    order = dataset.space_filling_order(images)
    assert sorted(order.tolist()) == list(range(400))

    def step(sequence):
        return np.abs(np.diff(images[sequence].astype(float), axis=0)).mean()

    assert step(order) < 0.6 * step(np.random.default_rng(1).permutation(400))
    assert np.array_equal(order, dataset.space_filling_order(images))
    made = dataset.make(drawn("ellipses", train_images=400)).train
    assert np.abs(np.diff(made.astype(float), axis=0)).mean() < 0.6 * step(np.arange(400))


@pytest.mark.parametrize(("n", "channels", "size"), [(2, 1, 16), (5, 3, 16), (9, 3, 64), (40, 1, 128)])
def test_the_space_filling_order_takes_any_set(n, channels, size):
    noise = np.random.default_rng(0).integers(0, 255, (n, channels, size, size), dtype=np.uint8)
    for images in (noise, np.zeros_like(noise)):
        assert sorted(dataset.space_filling_order(images).tolist()) == list(range(n))


def test_networks_take_images_between_0_and_1():
    images = np.array([0, 51, 255, 102], dtype=np.uint8).reshape(1, 1, 2, 2)
    batch = dataset.to_batch(images)
    assert batch.dtype == np.float32
    assert np.allclose(batch.ravel(), [0, 0.2, 1, 0.4])


@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_saved_comes_back(tmp_path, kind):
    data = dataset.make(drawn(kind))
    dataset.save(data, tmp_path / "set.npz")
    again = dataset.load(tmp_path / "set.npz")
    assert np.array_equal(again.train, data.train) and np.array_equal(again.test, data.test)
    for part in ("train_factors", "test_factors"):
        here, there = getattr(data, part), getattr(again, part)
        assert here.keys() == there.keys()
        assert all(np.array_equal(here[name], there[name]) for name in here)
    assert [path.name for path in tmp_path.iterdir()] == ["set.npz"]


def test_damaged_sets_are_named(tmp_path):
    path = tmp_path / "ellipses.npz"
    with pytest.raises(ValueError, match=r"ellipses\.npz: no such file"):
        dataset.load(path)
    dataset.save(dataset.make(drawn("ellipses")), path)
    whole = path.read_bytes()
    for cut in (0, 10, 1000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"ellipses\.npz: damaged"):
            dataset.load(path)
    np.savez(path, train=np.zeros((2, 1, 16, 16), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"ellipses\.npz: damaged"):
        dataset.load(path)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"kind": "squares"}, "kind"),
        ({"kind": "folder"}, "needs one"),
        ({"path": "somewhere"}, "path belongs to kind: folder"),
        ({"channels": 3}, "kind: ellipses has channels: 1"),
        ({"kind": "folder", "path": "somewhere", "channels": 2}, "channels"),
        ({"image_size": 48}, "image_size"),
        ({"image_size": "64"}, "image_size"),
        ({"blur": 0.0}, "blur"),
        ({"blur": float("nan")}, "blur"),
        ({"train_images": 1}, "train_images"),
        ({"test_images": 0}, "test_images"),
        ({"seed": -1}, "seed"),
        ({"noise": 0.1}, "unknown key"),
    ],
)
def test_mistakes_in_params_are_named(changes, complaint):
    right = {"kind": "ellipses", "train_images": 4, "test_images": 2}
    assert parse(DataSet, right).image_size == 64
    with pytest.raises(ParamsError, match=complaint):
        parse(DataSet, right | changes, "organise.data")
