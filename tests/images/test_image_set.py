"""Image sets as files, and as batches."""

import numpy as np
import pytest

from latentspace.images import image_set, make

from .samples import DRAWN, drawn


def test_networks_take_images_between_0_and_1():
    images = np.array([0, 51, 255, 102], dtype=np.uint8).reshape(1, 1, 2, 2)
    batch = image_set.to_batch(images)
    assert batch.dtype == np.float32
    assert np.allclose(batch.ravel(), [0, 0.2, 1, 0.4])


@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_saved_comes_back(tmp_path, kind):
    data = make.make_set(drawn(kind))
    image_set.save(data, tmp_path / "set.npz")
    again = image_set.load(tmp_path / "set.npz")
    assert np.array_equal(again.train, data.train) and np.array_equal(again.test, data.test)
    for part in ("train_factors", "test_factors"):
        here, there = getattr(data, part), getattr(again, part)
        assert here.keys() == there.keys()
        assert all(np.array_equal(here[name], there[name]) for name in here)
    assert [path.name for path in tmp_path.iterdir()] == ["set.npz"]


def test_damaged_sets_are_named(tmp_path):
    path = tmp_path / "ellipses.npz"
    with pytest.raises(ValueError, match=r"ellipses\.npz: no such file"):
        image_set.load(path)
    image_set.save(make.make_set(drawn("ellipses")), path)
    whole = path.read_bytes()
    for cut in (0, 10, 1000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"ellipses\.npz: damaged"):
            image_set.load(path)
    np.savez(path, train=np.zeros((2, 1, 16, 16), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"ellipses\.npz: damaged"):
        image_set.load(path)
