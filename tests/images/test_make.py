"""Image sets are deterministic, split without overlap and ordered so that neighbours look alike."""

import numpy as np
import pytest
from PIL import Image

from latentspace.images import drawn as draw
from latentspace.images import image_set, make

from .samples import DRAWN, drawn, fill, folder_of


@pytest.mark.parametrize("kind", DRAWN)
def test_equal_specifications_give_equal_bytes(tmp_path, kind):
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        image_set.save(make.make_set(drawn(kind, seed=seed)), tmp_path / f"{name}.npz")
    first, again, other = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", DRAWN)
def test_sets_have_the_sizes_asked_for_and_train_is_not_test(kind):
    data = make.make_set(drawn(kind))
    assert data.train.shape == (96, 1, 32, 32)
    assert data.test.shape == (32, 1, 32, 32)
    assert data.train.dtype == np.uint8
    assert {image.tobytes() for image in data.train}.isdisjoint(image.tobytes() for image in data.test)
    assert list(data.train_factors) == list(data.test_factors)
    for factors, n in ((data.train_factors, 96), (data.test_factors, 32)):
        assert all(values.shape == (n,) and np.isfinite(values).all() for values in factors.values())


def test_a_folder_is_split_without_loss_or_repetition(tmp_path):
    fill(tmp_path / "deeper", 5)
    Image.new("L", (16, 16), 60).save(tmp_path / "z.PNG")
    (tmp_path / "notes.txt").write_text("not an image")
    spec = folder_of(tmp_path, train_images=4, test_images=2)
    data, again = make.make_set(spec), make.make_set(spec)
    assert np.array_equal(data.train, again.train) and np.array_equal(data.test, again.test)
    assert (len(data.train), len(data.test)) == (4, 2)
    levels = np.concatenate([data.train, data.test])[:, 0, 0, 0]
    assert sorted(levels.tolist()) == [10, 20, 30, 40, 50, 60]
    assert data.train_factors == data.test_factors == {}
    splits = {make.make_set(spec.model_copy(update={"seed": seed})).test.tobytes() for seed in range(8)}
    assert len(splits) > 1


def test_neighbours_in_the_space_filling_order_look_alike():
    images, _ = draw.ellipses(400, drawn("ellipses"), np.random.default_rng(0))
    order = make.space_filling_order(images)
    assert sorted(order.tolist()) == list(range(400))

    def step(sequence):
        return np.abs(np.diff(images[sequence].astype(float), axis=0)).mean()

    assert step(order) < 0.6 * step(np.random.default_rng(1).permutation(400))
    assert np.array_equal(order, make.space_filling_order(images))
    made = make.make_set(drawn("ellipses", train_images=400)).train
    assert np.abs(np.diff(made.astype(float), axis=0)).mean() < 0.6 * step(np.arange(400))


@pytest.mark.parametrize(("n", "channels", "size"), [(2, 1, 16), (5, 3, 16), (9, 3, 64), (40, 1, 128)])
def test_the_space_filling_order_takes_any_set(n, channels, size):
    noise = np.random.default_rng(0).integers(0, 255, (n, channels, size, size), dtype=np.uint8)
    for images in (noise, np.zeros_like(noise)):
        assert sorted(make.space_filling_order(images).tolist()) == list(range(n))
