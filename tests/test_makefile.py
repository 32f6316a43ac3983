"""`make setup` with a virtual environment or a Python that does not serve."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder whose environment is ready, by its stamp."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(shutil.which("python3") or "")
    (tmp_path / ".venv/.ready").touch()
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_environment_that_is_ready_stays(folder):
    assert "Nothing to be done" in make(folder, "--dry-run", "setup").stdout


def test_an_environment_whose_python_is_gone_is_made_again(folder):
    (folder / ".venv/bin/python").unlink()
    (folder / ".venv/bin/python").symlink_to(folder / "gone")
    assert "pip install" in make(folder, "--dry-run", "setup").stdout


def test_an_environment_of_another_python_is_cleared(folder):
    made = folder / "made"
    python = script(
        folder / "python3.12", f'case "$1" in --version) echo Python 3.12.9;; -m) echo "$@" > {made};; esac'
    )
    (folder / ".venv/bin/python").unlink()
    script(folder / ".venv/bin/python", 'case "$1" in --version) echo Python 3.9.1;; esac')
    (folder / ".venv/.ready").unlink()
    assert make(folder, f"PYTHON={python}", "setup").returncode == 0
    assert made.read_text() == "-m venv --clear .venv\n"


def test_an_unsupported_python_is_one_line(folder):
    (folder / ".venv/.ready").unlink()
    done = make(folder, f"PYTHON={script(folder / 'python3.10', 'exit 1')}", "setup")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "***" not in line] == [
        "error: CPython 3.11, 3.12 or 3.13 is needed; make PYTHON=/path/to/python3.11 names one"
    ]
