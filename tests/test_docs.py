"""The API reference of `make docs`, built from the docstrings."""

import subprocess
import sys

import pytest


@pytest.mark.pipeline
def test_the_reference_is_built_and_has_every_room(root, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pdoc",
        "--docformat",
        "google",
        "--output-directory",
        str(tmp_path),
        "latentspace",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "explained_variance_ratio_" in (tmp_path / "latentspace/pca/estimator.html").read_text()
    rooms = [path.parent.name for path in (root / "src/latentspace").glob("*/__init__.py")]
    assert len(rooms) > 9
    assert all((tmp_path / f"latentspace/{room}.html").is_file() for room in rooms)
