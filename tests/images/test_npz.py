"""Arrays as npz files: equal bytes for equal arrays, bad files named."""

import pickle

import numpy as np
import pytest

from latentspace.images import npz
from latentspace.nn.mapped import mapping_of

ARRAYS = {"a": np.arange(6).reshape(2, 3), "b": np.array(0.5), "c.d": np.array(["x", "yz"], "U4")}


@pytest.mark.parametrize("compressed", [True, False])
def test_arrays_come_back_and_equal_arrays_give_equal_bytes(tmp_path, compressed):
    for name in ("x", "y"):
        npz.write(tmp_path / f"{name}.npz", ARRAYS, compressed=compressed)
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    found = npz.read(tmp_path / "x.npz", ["a"])
    assert found.keys() == ARRAYS.keys()
    assert all(np.array_equal(found[name], values) for name, values in ARRAYS.items())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npz", "y.npz"]


def test_missing_incomplete_truncated_and_pickled_files_are_named(tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(ValueError, match=r"x\.npz: no such file; make it makes it"):
        npz.read(path, [], "make it")
    npz.write(path, ARRAYS)
    with pytest.raises(ValueError, match=r"x\.npz: damaged \(KeyError\)"):
        npz.read(path, ["a", "missing"])
    whole = path.read_bytes()
    for bad in (b"", whole[:20], whole[: len(whole) // 2], whole[:-1], pickle.dumps(["a"])):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=r"x\.npz: damaged"):
            npz.read(path, ["a"])
    np.savez(path, a=np.array([object()]))
    with pytest.raises(ValueError, match=r"x\.npz: damaged"):
        npz.read(path, ["a"])


def test_uncompressed_files_are_those_of_numpy(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "BLOCK", 5)
    npz.write(tmp_path / "ours.npz", ARRAYS, compressed=False)
    np.savez(tmp_path / "theirs.npz", allow_pickle=False, **ARRAYS)
    assert (tmp_path / "ours.npz").read_bytes() == (tmp_path / "theirs.npz").read_bytes()


def test_large_arrays_of_bytes_are_mapped(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "MAPPED", 1000)
    levels = np.random.default_rng(0).integers(0, 256, (40, 60), dtype=np.uint8)
    arrays = {"large": levels, "small": levels[:3], "floats": levels.astype(np.float32)}
    for compressed in (True, False):
        npz.write(tmp_path / "x.npz", arrays, compressed=compressed)
        found = npz.read(tmp_path / "x.npz", arrays)
        assert all(np.array_equal(found[name], values) for name, values in arrays.items())
        assert {name for name, values in found.items() if mapping_of(values)} == (set() if compressed else {"large"})
    whole = bytearray((tmp_path / "x.npz").read_bytes())
    whole[500] ^= 1  # in the middle of the large array
    (tmp_path / "x.npz").write_bytes(whole)
    with pytest.raises(ValueError, match=r"x\.npz: damaged \(BadZipFile\)"):
        npz.read(tmp_path / "x.npz", [])
