"""Contact sheets."""

import numpy as np
import pytest
import torch
from PIL import Image

from latentspace.gan.network import Generator
from latentspace.pretraining.samples import COLUMNS, SHOWN, samples, sheet, write_sheet


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(8, [4, 4])


def test_samples_follow_their_seed(generator):
    found = samples(generator, 20, seed=1)
    assert found.shape == (20, 8, 8, 3) and found.dtype == np.uint8
    assert np.array_equal(found, samples(generator, 20, seed=1))
    assert not np.array_equal(found, samples(generator, 20, seed=2))


def test_a_sheet_shows_the_first_images():
    images = np.random.default_rng(0).integers(0, 256, (SHOWN + 5, 4, 4, 3), dtype=np.uint8)
    found = np.asarray(sheet(images))
    assert found.shape == (SHOWN // COLUMNS * 4, COLUMNS * 4, 3)
    assert np.array_equal(found[:4, 4:8], images[1])


def test_small_samples_are_enlarged_on_the_sheet(tmp_path, generator, monkeypatch):
    write_sheet(tmp_path / "sheet.png", generator, seed=0)
    with Image.open(tmp_path / "sheet.png") as found:
        assert found.size == (64 * COLUMNS, 64 * SHOWN // COLUMNS)
    monkeypatch.setenv("RANK", "1")
    write_sheet(tmp_path / "other.png", generator, seed=0)
    assert not (tmp_path / "other.png").exists(), "only the first process writes"
