"""Digests of the user's files: of names and contents, read again only if a file may have changed."""

import os
import time

import pytest

from latentspace.pipeline import digests, files
from latentspace.pipeline.digests import digest

OLD = 10**18  # ns since 1970


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "photos"
    (place / "cats").mkdir(parents=True)
    for name in ("1.png", "2.png", "cats/1.png"):
        (place / name).write_bytes(name.encode())
    return place


@pytest.fixture
def read(monkeypatch):
    """Names of files that were read, and no file counts as young."""
    names = []
    monkeypatch.setattr(digests, "RECENT", -(10**12))
    md5 = files.md5
    monkeypatch.setattr(digests.files, "md5", lambda path: (names.append(path.name), md5(path))[1])
    return names


CHANGES = {
    "content": lambda place: (place / "1.png").write_bytes(b"2.png"),
    "content in a folder below": lambda place: (place / "cats/1.png").write_bytes(b"cats/2.png"),
    "new file": lambda place: (place / "3.png").touch(),
    "missing file": lambda place: (place / "1.png").unlink(),
    "new name": lambda place: (place / "1.png").rename(place / "0.png"),
    "two swapped": lambda place: [(place / "1.png").write_bytes(b"2.png"), (place / "2.png").write_bytes(b"1.png")],
    "another folder": lambda place: (place / "cats").rename(place / "dogs"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_a_folder_changes_the_digest(folder, tmp_path, change):
    before = digest(folder, tmp_path / "memory")
    CHANGES[change](folder)
    assert digest(folder, tmp_path / "memory") != before


def test_equal_folders_have_equal_digests_whatever_is_remembered(folder, tmp_path):
    before = digest(folder, tmp_path / "memory")
    assert digest(folder, tmp_path / "other") == before
    os.utime(folder / "1.png", ns=(OLD, OLD))
    assert digest(folder, tmp_path / "memory") == before
    assert digest(folder.rename(tmp_path / "elsewhere"), tmp_path / "memory") == before


def test_hidden_files_links_to_folders_and_what_is_no_file_do_not_count(folder, tmp_path):
    before = digest(folder, tmp_path / "memory")
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails/1.png").touch()
    (folder / "._1.png").touch()
    (folder / "loop").symlink_to(folder)
    (folder / "broken.png").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "pipe.png")
    assert digest(folder, tmp_path / "memory") == before
    (folder / "linked.png").symlink_to(folder / "1.png")
    assert digest(folder, tmp_path / "memory") != before


def test_unchanged_files_are_not_read_again(folder, tmp_path, read):
    before = digest(folder, tmp_path / "memory")
    assert sorted(read) == ["1.png", "1.png", "2.png"]
    read.clear()
    assert digest(folder, tmp_path / "memory") == before
    assert not read
    (folder / "2.png").write_bytes(b"3.png")
    assert digest(folder, tmp_path / "memory") != before
    assert read == ["2.png"]


def test_the_time_of_modification_may_lie(folder, tmp_path, read):
    before = digest(folder, tmp_path / "memory")
    status = (folder / "1.png").stat()
    (folder / "1.png").write_bytes(b"5.png")
    os.utime(folder / "1.png", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert digest(folder, tmp_path / "memory") != before


def test_a_file_that_was_just_written_is_not_remembered(folder, tmp_path):
    digest(folder, tmp_path / "memory")
    assert not list((tmp_path / "memory").glob("*")) or files.read_json(next((tmp_path / "memory").glob("*"))) == {}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"1.png": 3}', '{"1.png": []}', '{"1.png": ["a"]}', "null"])
def test_a_damaged_memory_is_no_memory(folder, tmp_path, read, damage):
    before = digest(folder, tmp_path / "memory")
    (memory,) = (tmp_path / "memory").glob("*.json")
    memory.write_text(damage)
    assert digest(folder, tmp_path / "memory") == before


def test_without_a_writable_memory_everything_is_read_again(folder, tmp_path, read):
    (tmp_path / "memory").touch()
    assert digest(folder, tmp_path / "memory") == digest(folder, tmp_path / "memory")
    assert len(read) == 6


def test_names_need_not_be_text(folder, tmp_path, read):
    (folder / os.fsdecode(b"\xff.png")).touch()
    assert digest(folder, tmp_path / "memory") == digest(folder, tmp_path / "memory")
    assert len(read) == 4


def test_a_file_has_a_digest_and_a_missing_one_is_named(folder, tmp_path):
    one, two = (digest(folder / name, tmp_path / "memory") for name in ("1.png", "2.png"))
    assert one != two
    for name in ("gone.png", "1.png/below"):
        with pytest.raises(OSError) as caught:
            digest(folder / name, tmp_path / "memory")
        assert caught.value.filename == str(folder / name)
    os.mkfifo(folder / "pipe")
    with pytest.raises(FileNotFoundError):
        digest(folder / "pipe", tmp_path / "memory")


def test_ten_thousand_unchanged_files_take_little_time(tmp_path, read):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.png").write_bytes(b"x" * (number % 7))
    before = digest(folder, tmp_path / "memory")
    begun = time.process_time()
    assert digest(folder, tmp_path / "memory") == before
    assert time.process_time() - begun < 1.5, "a second for 100 000 on an idle machine; other tests slow this one down"
