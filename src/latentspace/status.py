"""What is up to date: a line per stage, with the run that made its outputs, and the claims that differ from the commit.

python -m latentspace.status
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentspace.core import files
from latentspace.tracking import run_address, run_ids

CLAIMS = "metrics/claims.json"


def record_of(stage: str) -> Path:
    """Where the run record of a stage lies."""
    chapter = "pipeline" if stage == "report" else stage.split("_")[0]
    return Path("runs", chapter, f"{stage}.json")


def state_of(stage: str, changes: Mapping[str, list[Any]]) -> str:
    """``up to date``, ``never run``, or what has changed since the stage ran.

    Args:
        stage: its name, which may hold a variant.
        changes: DVC's status: by stage, mappings such as ``{"changed deps": {"params.yaml": "modified"}}``.
    """
    if stage not in changes:
        return "up to date"
    if not record_of(stage).exists():
        return "never run"
    paths: list[str] = []
    for entry in changes[stage]:
        for changed in entry.values() if isinstance(entry, Mapping) else []:
            for path, what in changed.items() if isinstance(changed, Mapping) else []:
                paths += [f"{path}: {key}" for key in what] if isinstance(what, Mapping) else [path]
    return "changed: " + ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def changed_claims(before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for every claim whose value or verdict differs."""
    verdicts = {True: "met", False: "not met", None: "reported"}
    lines = []
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if old is None or new is None:
            lines.append(f"{name}: {'new' if old is None else 'gone'}")
        elif (old["mean"], old["met"]) != (new["mean"], new["met"]):
            verdict = (
                verdicts[new["met"]] if old["met"] == new["met"] else f"{verdicts[old['met']]} → {verdicts[new['met']]}"
            )
            lines.append(f"{name}: {old['mean']:.4g} → {new['mean']:.4g} ({verdict})")
    return lines


def committed_claims() -> dict[str, Any]:
    """The claims of the last commit; empty outside git, or before the first ones."""
    shown = subprocess.run(["git", "show", f"HEAD:{CLAIMS}"], capture_output=True, text=True, check=False)
    claims: dict[str, Any] = json.loads(shown.stdout) if shown.returncode == 0 else {}
    return claims


def main() -> None:
    """Print the stages, then the claims that changed."""
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

    with Repo() as repo:
        graph = [
            stage
            for stage in repo.index.stages
            if isinstance(stage, PipelineStage) and stage.path_in_repo == "dvc.yaml"
        ]
        names = [str(stage.name) for stage in graph]
        changes = repo.status(targets=["dvc.yaml"])
    records = [files.read_json(record_of(name)) for name in names if record_of(name).exists()]
    found = run_ids(records)
    width = max(map(len, names))
    for name in names:
        made = run_address(found[name]) if name in found else ""
        print(f"{name:{width}}  {state_of(name, changes)}  {made}".rstrip())
    now = files.read_json(Path(CLAIMS)) if Path(CLAIMS).exists() else {}
    lines = changed_claims(committed_claims(), now)
    print("\n".join(["", "Against the committed claims:", *lines] if lines else ["", "All claims are as committed."]))


if __name__ == "__main__":
    main()
