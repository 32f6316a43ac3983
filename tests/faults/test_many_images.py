"""A hundred thousand images in colour go through the making of a set and a training in 1.5 GB of memory."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "images"))
import streaming

MOST = 1500  # MiB, anonymous memory and mapped pages together


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "photos"
    streaming.many(path, 100_000)
    return path


@pytest.mark.timeout(1200)
def test_a_hundred_thousand_images_take_less_than_a_gigabyte_and_a_half(folder, tally):
    path = folder.parent / "set.npz"
    peaks = {work: streaming.peak(work, folder, path, 100_000) for work in ("images", "train")}
    print(peaks)
    assert max(peaks.values()) < MOST, peaks
    assert [file.name for file in folder.parent.glob("*.npz")] == ["set.npz"]
    tally.add("images made into a set and trained on, in 1.5 GB", 100_000)
    path.unlink()
