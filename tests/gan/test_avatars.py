"""Sets of drawn avatars."""

import numpy as np
import pytest

from latentspace.gan import avatars
from latentspace.gan.params import DrawnSets
from latentspace.images.labelled import LabelledImages


def test_the_sets_are_parts_of_one_drawing():
    pytest.importorskip("dicebear")
    pytest.importorskip("resvg_py")
    section = DrawnSets(train_images=3, test_images=2, seed=1, glasses=0.5)
    sets = avatars.draw(section)
    assert [(name, len(data.images)) for name, data in sets.items()] == [("test", 2), ("train", 3)]
    other = avatars.draw(section.model_copy(update={"test_images": 3, "train_images": 2}))
    assert np.array_equal(other["test"].images[:2], sets["test"].images)
    assert np.array_equal(other["test"].images[2:], sets["train"].images[:1])


def test_the_experiment_shows_examples_of_small_sets_too(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    sets = {
        name: LabelledImages(images[part], np.zeros((len(images[part]), 1), np.float32), ["skin"])
        for name, part in (("test", slice(5)), ("train", slice(5, None)))
    }
    found = avatars.experiment(sets)
    assert found.summary == "40 avatars with skin" and not found.rows
    found.pictures["examples.png"].save(tmp_path / "examples.png")
