"""Arrays as npz files: equal bytes for equal arrays, bad files named."""

import pickle

import numpy as np
import pytest

from latentspace.images import npz

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
