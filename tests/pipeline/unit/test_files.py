"""Atomic files and digests."""

import errno
import os
import subprocess

import pytest

from latentspace.pipeline import files


def test_atomic_writes_leave_whole_files_only(tmp_path):
    path = tmp_path / "file.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert files.read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    with subprocess.Popen(["true"]) as dead:
        pass
    for pid in (dead.pid, 1):
        (tmp_path / f".file.json.{pid}.tmp.json").write_text("half")
    files.write_json(tmp_path / "file.json", {})
    assert sorted(p.name for p in tmp_path.iterdir()) == [".file.json.1.tmp.json", "file.json"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "x"), RuntimeError("I/O error: x (os error 28)")])
def test_a_full_disk_is_one_line_whoever_noticed_it(tmp_path, error):
    path = tmp_path / "file.json"
    with pytest.raises(OSError, match=r"file\.json: the disk is full"), files.atomic(path):
        raise ValueError("while writing") from error
    assert not list(tmp_path.iterdir())


def test_equal_values_give_equal_bytes(tmp_path):
    files.write_json(tmp_path / "a", {"b": 1, "a": 0.5})
    files.write_json(tmp_path / "b", {"a": 0.5, "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "a", {"a": float("nan")})


@pytest.mark.parametrize(
    ("text", "says"), [("{", "not JSON"), ("[1]", "expected a JSON object"), (None, "no such file")]
)
def test_a_file_that_is_no_json_object_is_named(tmp_path, text, says):
    path = tmp_path / "file.json"
    if text:
        path.write_text(text)
    with pytest.raises(ValueError, match=rf"file\.json: {says}"):
        files.read_json(path)


def test_digest_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    first = files.md5(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert files.md5(tmp_path) != first
    (tmp_path / "b").rename(tmp_path / "a")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"0")
    assert files.md5(tmp_path) == first
    os.utime(tmp_path / "a", (0, 0))
    assert files.md5(tmp_path) == first
