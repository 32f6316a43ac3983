"""`make quick` overwrites only a folder that it made, and trains for a few steps only."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from latentspace.pipeline import quick
from latentspace.pipeline.params import read_yaml

ROOT = Path(__file__).parents[3]


@pytest.fixture
def small(tmp_path) -> Path:
    """The smallest project that `prepare` can copy."""
    folder = tmp_path / "project"
    for part in ("src", "stages", "assets", "photos/published"):
        (folder / part).mkdir(parents=True)
        (folder / part / "mine.txt").write_text("mine")
    for name in ("dvc.yaml", "params.yaml", "params.quick.yaml", ".gitignore", ".dvcignore"):
        shutil.copy(ROOT / name, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(project: Path, folder: Path) -> str:
    before = contents(project.parent)
    done = subprocess.run(
        [sys.executable, "-m", "latentspace.pipeline.quick", str(folder)], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: make quick: ") and done.stderr.count("\n") == 1
    assert contents(project.parent) == before
    return done.stderr


def test_a_folder_of_the_user_is_refused_and_stays_as_it_is(small):
    other = small.parent / "other"
    for part in ("src", "assets"):
        (other / part).mkdir(parents=True)
        (other / part / "work.txt").write_text("years of work")
    (other / "params.yaml").write_text("mine: 1\n")
    assert "not a copy that `make quick` made" in refused(small, other)


@pytest.mark.parametrize("folder", [".", "..", "src", "src/new", "stages/../assets"])
def test_the_project_itself_is_refused(small, folder):
    assert "belongs to the project" in refused(small, Path(folder))


def test_a_file_is_refused(small):
    assert "not a folder" in refused(small, small / "params.quick.yaml")


def test_its_own_copy_is_prepared_again_and_an_empty_folder_is_accepted(small):
    copy = small / ".quick"
    copy.mkdir()
    quick.prepare(small, copy)
    (copy / "src" / "old.txt").touch()
    quick.prepare(small, copy)
    assert (copy / "src" / "mine.txt").read_text() == "mine" and not (copy / "src" / "old.txt").exists()


def test_the_error_of_a_quiet_command_ends_with_what_it_printed(tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as failure:
        quick.run(tmp_path, "sh", "-c", "echo before; echo the reason >&2; exit 3", quiet=True)
    assert failure.value.returncode == 3
    assert [note.strip() for note in failure.value.__notes__] == ["before", "the reason"]


def test_no_training_of_the_smoke_size_is_long():
    """A number of steps that params.yaml gives a variant must not slip through."""
    params = quick.overlay(read_yaml(ROOT / "params.yaml"), read_yaml(ROOT / "params.quick.yaml"))

    def longest(value, name=""):
        if isinstance(value, dict):
            return max((longest(each, key) for key, each in value.items()), default=0)
        return value if "steps" in name and isinstance(value, int) else 0

    assert 0 < longest(params) <= 50
