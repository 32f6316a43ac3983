"""Two runs of the pipeline side by side, as one page: parameters and claims that differ, and pictures that differ.

    python -m latentspace.report.compare HEAD strong

A run is a commit, a branch, an experiment of `dvc exp run`, or ``workspace``, the files as they are. Results come from
git and from DVC's cache, so nothing is run and nothing is checked out.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc_data.index.index import DataIndexDirError
from fsspec import AbstractFileSystem
from ruamel.yaml import YAML

from latentspace.pipeline import files, flat
from latentspace.pipeline.failures import one_line
from latentspace.report.page import environment, picture

WORKSPACE = "workspace"
PAGE = Path("compare.html")
CLAIMS = "metrics/claims.json"


@dataclass(frozen=True)
class Run:
    """Results of one run.

    Attributes:
        name: as the user gave it.
        params: by dotted key.
        claims: rows by id.
        pictures: bytes by path below figures/.
        lost: folders of pictures that DVC's cache no longer has.
    """

    name: str
    params: Mapping[str, Any]
    claims: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, bytes]
    lost: Sequence[str] = ()


def read(name: str) -> Run:
    """The results of a revision, or of the files as they are.

    Raises:
        ValueError: if there is no such revision, or it has no results.
    """
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    try:
        tree = DVCFileSystem(".", rev=None if name == WORKSPACE else name)
        params = dict(flat.flatten(YAML(typ="safe", pure=True).load(tree.read_text("params.yaml"))))
        claims = json.loads(tree.read_text(CLAIMS))
    except (DvcException, SCMError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{name}: its results are not here ({reason}); `git log`, `dvc exp show` list runs") from None
    return Run(name, params, claims, *pictures_of(tree))


def pictures_of(tree: AbstractFileSystem) -> tuple[dict[str, bytes], list[str]]:
    """Bytes of the pictures by path below figures/, and folders that DVC's cache has lost."""
    found: dict[str, bytes] = {}
    lost: list[str] = []
    for folder in tree.ls("figures", detail=False) if tree.isdir("figures") else []:
        try:
            paths = [path for path in tree.find(folder) if path.endswith(".png")]
            found |= {path.partition("figures/")[2]: tree.read_bytes(path) for path in paths}
        except (DataIndexDirError, OSError):
            lost.append(folder.partition("figures/")[2])
    return found, lost


def changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Both values of the keys whose values differ; None where a key is missing."""
    keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    return {key: (one.get(key), other.get(key)) for key in keys}


def moved(one: Run, other: Run) -> list[dict[str, Any]]:
    """Claims whose mean differs, those first that moved by the largest multiple of their standard deviations.

    Returns:
        Rows ``{"id", "rows", "deviations"}``: the rows of both runs, None where a run has not measured the claim, and
        the difference over the root of the summed variances, None if that is 0 or unknown.
    """
    found = []
    for name, rows in changed(one.claims, other.claims).items():
        measured = [row if row and row["n"] else None for row in rows]
        before, after = measured
        if before and after:
            difference, deviation = after["mean"] - before["mean"], math.hypot(before["std"], after["std"])
            if not difference:
                continue
            found.append({"id": name, "rows": rows, "deviations": difference / deviation if deviation else None})
        elif before or after:
            found.append({"id": name, "rows": measured, "deviations": None})
    return sorted(found, key=lambda row: -abs(row["deviations"] or 0))


def page(one: Run, other: Run) -> str:
    """The page, which loads no other files."""
    lost = {*one.lost, *other.lost}
    differ = changed(one.pictures, other.pictures)
    both = {path: pair for path, pair in differ.items() if path.split("/")[0] not in lost}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.png"
        shown = {path: [_address(data, file) for data in pair] for path, pair in sorted(both.items())}
    return (
        environment()
        .get_template("compare.html.j2")
        .render(
            names=[one.name, other.name],
            params=changed(one.params, other.params),
            claims=moved(one, other),
            total=len({**one.claims, **other.claims}),
            pictures=shown,
            equal=len({**one.pictures, **other.pictures}) - len(differ),
            lost={run.name: run.lost for run in (one, other) if run.lost},
        )
    )


def _address(data: bytes | None, file: Path) -> str | None:
    if data is None:
        return None
    file.write_bytes(data)
    return picture(file)


def main() -> None:
    """Write compare.html."""
    parser = argparse.ArgumentParser(description="Write compare.html: two runs side by side.")
    parser.add_argument("runs", nargs=2, help="commit, branch, experiment, or workspace")
    with one_line("compare"):
        one, other = (read(name) for name in parser.parse_args().runs)
        files.write_text(PAGE, page(one, other))
        print(
            f"{PAGE}: {len(moved(one, other))} claims and {len(changed(one.pictures, other.pictures))} pictures differ"
        )


if __name__ == "__main__":
    main()
