"""Run the whole graph at smoke size, in a copy of the project with its own cache and database.

    python -m latentspace.pipeline.quick FOLDER

The copy's params.yaml is overridden with params.quick.yaml, and `dvc repro` runs there; the project's own outputs and
committed metrics do not change.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from latentspace.pipeline import own_paths, repro
from latentspace.pipeline.failures import one_line
from latentspace.pipeline.params import read_yaml

PARTS = (".dvcignore", ".gitignore", "dvc.yaml", "params.yaml", "assets", "photos/published", "stages", "src")
MARK = ".copy-of-make-quick"  # a folder with this file may be overwritten


def overlay(base: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Replace values of `base` in place by those of `patch`, section by section; returns `base`."""
    for key, value in patch.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            overlay(base[key], value)
        else:
            base[key] = value
    return base


def prepare(project: Path, copy: Path) -> None:
    """Make `copy` a git and DVC repository of the project's code with smoke-size parameters; keeps its cache.

    Raises:
        ValueError: if `copy` is a file or a folder that was not made here, or the project itself.
    """
    _claim(project, copy)
    for part in PARTS:
        source, target = project / part, copy / part
        if target.is_dir():
            shutil.rmtree(target)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    params = overlay(read_yaml(copy / "params.yaml"), read_yaml(project / "params.quick.yaml"))
    YAML(typ="safe", pure=True).dump(params, copy / "params.yaml")
    if not (copy / ".dvc").is_dir():
        run(copy, "git", "init", "--quiet")
        run(copy, "dvc", "init", "--quiet")


def _claim(project: Path, copy: Path) -> None:
    """Create `copy` and its mark; raises ValueError if something else is there, as it would be overwritten."""
    here, there = project.resolve(), copy.resolve()
    if there in {here, *here.parents} or {here / part for part in PARTS} & {there, *there.parents}:
        raise ValueError(f"{copy}: belongs to the project; give a folder of its own, such as .quick")
    if copy.exists() and not copy.is_dir():
        raise ValueError(f"{copy}: not a folder")
    if copy.is_dir() and any(copy.iterdir()) and not (copy / MARK).is_file():
        raise ValueError(f"{copy}: not a copy that `make quick` made; delete it yourself, or give a new folder")
    copy.mkdir(parents=True, exist_ok=True)
    (copy / MARK).touch()


def environment(copy: Path) -> dict[str, str]:
    """Environment of commands in `copy`, which use the copy's code and database whatever is set outside."""
    outside = {*own_paths.ROOTS, "DVC_STAGE", "MLFLOW_TRACKING_URI", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    own = {key: value for key, value in os.environ.items() if key not in outside}
    bin_ = str(Path(sys.executable).parent)
    return own | {"PYTHONPATH": str(copy / "src"), "PATH": f"{bin_}:{own.get('PATH', '')}", "DVC_NO_ANALYTICS": "1"}


def run(copy: Path, *command: str, check: bool = True, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command in `copy`; the error of one that fails quietly ends with what it printed last."""
    done = subprocess.run(command, cwd=copy, env=environment(copy.resolve()), capture_output=quiet, text=True)
    if check and done.returncode:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        for printed in (done.stdout, done.stderr):
            error.add_note((printed or "")[-2000:])
        raise error
    return done


def main(folder: str) -> None:
    """Prepare the copy and run its graph; exits with the status of `dvc repro`."""
    copy = Path(folder)
    try:
        prepare(Path.cwd(), copy)
    except (ValueError, OSError) as error:
        print(f"error: make quick: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    outside = {own_paths.ROOTS[0]: str(Path.cwd())}  # files that params.yaml names are not copied
    raise SystemExit(repro.in_turn([("dvc", "repro")], copy, environment(copy.resolve()) | outside, "make quick"))


if __name__ == "__main__":
    with one_line("make quick"):
        main(sys.argv[1])
