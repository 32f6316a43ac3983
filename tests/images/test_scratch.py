"""Large arrays lie in files without a name, and sets are made and trained on without the memory for all images."""

import os
import resource

import numpy as np
import pytest

from latentspace.images import image_set, make, npz, scratch
from latentspace.nn.mapped import mapping_of

from . import streaming
from .samples import fill, folder_of

PER_IMAGE = 15e3 / 2**20  # MiB, of the 1.5 GB for 100 000 images of 64² pixels in colour


@pytest.fixture
def mapped(monkeypatch):
    """Everything but the smallest arrays counts as large."""
    for module in (scratch, npz):
        monkeypatch.setattr(module, "MAPPED", 100)


def test_a_large_array_is_a_file_that_nobody_sees(tmp_path, mapped):
    array = scratch.empty((7, 1, 8, 8), tmp_path / "new")
    assert mapping_of(array) is not None and list((tmp_path / "new").iterdir()) == []
    array[:] = 3
    assert (scratch.ordered(array, np.arange(7)[::-1], tmp_path) == 3).all()
    for small in (scratch.empty((1, 1, 8, 8), tmp_path), scratch.empty((7, 1, 8, 8), None)):
        assert mapping_of(small) is None


def test_no_room_is_an_error_instead_of_a_killed_process(tmp_path, mapped):
    free = os.statvfs(tmp_path)
    with pytest.raises(OSError, match=rf"{tmp_path.name}: no room for .* GB of images: .*"):
        scratch.empty((2 * free.f_blocks * free.f_frsize // 1024, 1, 32, 32), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_mapped_set_has_the_images_of_one_in_memory(tmp_path, monkeypatch):
    fill(tmp_path / "photos", 24)
    spec = folder_of(tmp_path / "photos", train_images=16, test_images=8)
    usual = make.make_set(spec)
    for name, size in {"MAPPED": 100, "BLOCK": 5}.items():
        for module in (scratch, npz):
            monkeypatch.setattr(module, name, size)
    large = make.make_set(spec, tmp_path)
    image_set.save(large, tmp_path / "set.npz")
    again = image_set.load(tmp_path / "set.npz")
    assert mapping_of(large.train) is not None and mapping_of(again.train) is not None
    for data in (large, again):
        assert np.array_equal(data.train, usual.train) and np.array_equal(data.test, usual.test)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "set.npz"]


@pytest.mark.parametrize("work", ["images", "train"])
def test_memory_grows_by_less_than_the_images(tmp_path, work, monkeypatch):
    # What is held, without the gaps in a heap that keeps freed memory: tens of MiB that differ from run to run.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "65536")
    sizes = (1000, 4000)
    folder, peaks = tmp_path / "photos", {}
    streaming.many(folder, max(sizes))
    for count in sizes:
        path = tmp_path / f"{count}.npz"
        peaks[count] = streaming.peak("images", folder, path, count, part=200)
        if work == "train":
            peaks[count] = streaming.peak("train", folder, path, count, part=200)
    assert peaks[4000] - peaks[1000] < 3000 * PER_IMAGE, peaks
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0
