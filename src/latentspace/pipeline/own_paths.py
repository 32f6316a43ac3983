"""Types of parameters that name a file or folder of the user, and the folder that relative ones start from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

WRITTEN = {
    "data",
    "models",
    "metrics",
    "plots",
    "figures",
    "matrices",
    "runs",
    "report",
}  # folders of the pipeline's outputs
# DVC sets DVC_ROOT to the project, also for experiments in a copy of it; `make quick` sets the other one for its copy.
ROOTS = ("LATENTSPACE_FILES", "DVC_ROOT")


def own_path(path: str | Path) -> Path:
    """`path`; if it is relative, below the project, even in a stage that runs in a copy without untracked files."""
    root = next(filter(None, map(os.environ.get, ROOTS)), "")
    return Path(path) if Path(root).resolve() == Path.cwd() else Path(root, path)


def _existing(kind: str, is_there: Callable[[Path], bool]) -> BeforeValidator:
    def check(value: Any) -> Path:
        if not isinstance(value, str | Path) or not str(value).strip():
            raise ValueError(f"input should be the path of a {kind}")
        path = own_path(value)
        if not is_there(path):
            raise ValueError(f"{path}: no such {kind}")
        return path

    return BeforeValidator(check)


def _of_the_user(folder: Path) -> Path:
    root, here = own_path("").resolve(), folder.resolve()
    if here == root or here in root.parents:
        raise ValueError(f"{folder}: contains this project; give a folder with nothing but your files")
    if here.is_relative_to(root) and here.relative_to(root).parts[0] in WRITTEN:
        raise ValueError(f"{folder}: the pipeline writes there; give a folder with nothing but your files")
    return folder


OwnFile = Annotated[Path, _existing("file", os.path.isfile)]
OwnFolder = Annotated[Path, _existing("folder", os.path.isdir), AfterValidator(_of_the_user)]
