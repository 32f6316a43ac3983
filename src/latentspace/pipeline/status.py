"""State of every stage, the run that made its outputs, and the claims that differ from those of the last commit.

    python -m latentspace.pipeline.status

`dvc status` reports changed code only as a change of the stage `code`, until that stage has run. Here the present code
is compared with the code that each stage last ran with, whose digests are in DVC's cache.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from latentspace.pipeline import files
from latentspace.pipeline.dependencies import SCRIPTS, code_of
from latentspace.pipeline.tracking.sending import run_address, run_ids

CLAIMS = "metrics/claims.json"
CODE = "data/code/"
WITHOUT_RESULTS = {"code", "check"}


def record_of(stage: str) -> Path:
    """Path of a stage's run record."""
    chapter = "pipeline" if stage == "report" else stage.split("_")[0]
    return Path("runs", chapter, f"{stage}.json")


def state_of(stage: str, changes: Sequence[Any], modules: Sequence[str] | None) -> str:
    """``up to date``, ``never run``, or the changes since the stage ran.

    Args:
        stage: its name, with its variant.
        changes: DVC's status: texts, and mappings such as ``{"changed deps": {"params.yaml": "modified"}}``.
        modules: paths of its modules that have changed; None if unknown.
    """
    if not record_of(stage).exists():
        return "never run"
    found = [*(modules or []), *(path for path in _changed_paths(changes) if modules is None or CODE not in path)]
    if not found:
        return "up to date"
    return "changed: " + ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def _changed_paths(changes: Sequence[Any]) -> Iterator[str]:
    """Changed files, parameters and commands."""
    for entry in changes:
        if isinstance(entry, str):
            yield entry.removeprefix("changed ")
            continue
        for changed in entry.values():
            for path, what in changed.items():
                yield from (f"{path}: {key}" for key in what) if isinstance(what, Mapping) else [path]


def changed_modules(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Paths whose digests differ, or that only one of the two mappings has."""
    return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))


def code_of_last_run(stage: Any, cache: Any) -> dict[str, str] | None:
    """Digests of the modules that a stage last ran with; None if it has not run, or they are not in DVC's cache.

    Args:
        stage: DVC's stage, with the contents of dvc.lock.
        cache: DVC's local cache.
    """
    digests = [dep.hash_info.value for dep in stage.deps if str(dep.def_path).startswith(CODE) and dep.hash_info]
    paths = [Path(cache.oid_to_path(digest)) for digest in digests]
    return files.read_json(paths[0]) if paths and paths[0].is_file() else None


def changed_claims(before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line for every claim whose value or verdict differs."""
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
    """The claims of the last commit; empty outside git, or if none are committed."""
    shown = subprocess.run(["git", "show", f"HEAD:{CLAIMS}"], capture_output=True, text=True, check=False)
    claims: dict[str, Any] = json.loads(shown.stdout) if shown.returncode == 0 else {}
    return claims


def states() -> dict[str, str]:
    """The state of every stage with results, by name.

    Raises:
        ValueError: naming the file and line of a syntax error.
    """
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

    with Repo() as repo:
        changes = repo.status(targets=["dvc.yaml"])
        graph = [s for s in repo.index.stages if isinstance(s, PipelineStage) and s.path_in_repo == "dvc.yaml"]
        before = {str(stage.name): code_of_last_run(stage, repo.cache.local) for stage in graph}
    found = {}
    for name, code in before.items():
        if name not in WITHOUT_RESULTS:
            now = code_of(SCRIPTS / f"{name.partition('@')[0]}.py")
            modules = None if code is None else changed_modules(code, now)
            found[name] = state_of(name, changes.get(name, []), modules)
    return found


def main() -> None:
    """Print the state of the stages, then the changed claims."""
    try:
        found = states()
    except ValueError as error:
        raise SystemExit(f"error: {error}") from None
    runs = run_ids([files.read_json(record_of(name)) for name in found if record_of(name).exists()])
    width = max(map(len, found))
    for name, state in found.items():
        made = run_address(runs[name]) if name in runs else ""
        print(f"{name:{width}}  {state}  {made}".rstrip())
    now = files.read_json(Path(CLAIMS)) if Path(CLAIMS).exists() else {}
    lines = changed_claims(committed_claims(), now)
    print("\n".join(["", "Against the committed claims:", *lines] if lines else ["", "All claims are as committed."]))


if __name__ == "__main__":
    main()
