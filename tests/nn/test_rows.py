"""Bytes are read as the floats that they stand for; mapped ones leave no pages behind."""

import mmap

import numpy as np
import pytest
import torch

from latentspace.nn.chunks import in_chunks
from latentspace.nn.mapped import mapping_of, release
from latentspace.nn.rows import ByteRows

IMAGES = np.random.default_rng(0).integers(0, 256, (300, 3, 8, 8), dtype=np.uint8)
FLOATS = torch.from_numpy(IMAGES.astype(np.float32) / 255)


@pytest.fixture(params=["memory", "file"])
def rows(request, tmp_path):
    if request.param == "memory":
        return ByteRows.of(IMAGES.copy())
    (tmp_path / "images").write_bytes(IMAGES.tobytes())
    with (tmp_path / "images").open("rb") as stream:
        mapping = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
    return ByteRows.of(np.frombuffer(mapping, np.uint8).reshape(IMAGES.shape))


def test_rows_are_the_floats_of_their_bytes(rows):
    chosen = torch.tensor([299, 0, 7, 7])
    for _ in range(2):  # the pages of a mapped file come back
        assert torch.equal(rows[:], FLOATS)
        assert torch.equal(rows[chosen], FLOATS[chosen])
        assert torch.equal(torch.cat(list(rows.split(70))), FLOATS)
        assert torch.equal(in_chunks(lambda part: part.mean((1, 2, 3)), rows), FLOATS.mean((1, 2, 3)))


def test_all_256_levels_are_those_of_a_whole_batch():
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(ByteRows.of(levels)[:].numpy(), levels.astype(np.float32) / 255)


def test_rows_have_a_shape_and_a_place(rows):
    assert (len(rows), rows.shape, rows.nbytes, rows.device.type) == (300, IMAGES.shape, IMAGES.nbytes, "cpu")
    assert rows.to(torch.device("cpu")) is rows
    elsewhere = rows.to(torch.device("meta"))
    assert elsewhere.device.type == "meta" and elsewhere.mapping is None


def resident(mapping):
    """Pages of a mapping that count as this process's memory, in kB."""
    from pathlib import Path

    address = np.frombuffer(mapping, np.uint8).ctypes.data
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    for line in lines:
        if line.startswith(f"{address:08x}-"):
            return next(int(entry.split()[1]) for entry in lines if entry.startswith("Rss:"))
    raise AssertionError("no such mapping")


def test_the_pages_of_a_mapped_file_go_back_to_the_kernel(tmp_path):
    (tmp_path / "images").write_bytes(bytes(2**22))
    with (tmp_path / "images").open("rb") as stream:
        mapping = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
    array = np.frombuffer(mapping, np.uint8).reshape(1024, -1)
    assert array.sum() == 0 and resident(mapping) > 2000
    release(array[10:20])
    assert resident(mapping) == 0
    rows = ByteRows.of(array)
    assert rows[:].sum() == 0 and resident(mapping) == 0


def test_a_mapping_is_found_below_every_view():
    mapping = mmap.mmap(-1, 4096)
    array = np.frombuffer(mapping, np.uint8).reshape(4, 1024)
    assert mapping_of(array[1:][:, ::2]) is mapping
    assert mapping_of(np.zeros(3)) is None
    release(np.zeros(3))
