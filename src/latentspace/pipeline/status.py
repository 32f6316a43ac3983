"""State of every stage, the run that made its outputs, and the claims that differ from those of the last commit.

    python -m latentspace.pipeline.status

`dvc status` reports changed code only as a change of the stage `code` and changed files of the user not at all, until
the stages `code` and `inputs` have run; `inputs` it always reports as changed. Here the present code and files are
compared with those that each stage last ran with, whose digests are in DVC's cache.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from latentspace.pipeline import files, flat, inputs
from latentspace.pipeline.dependencies import SCRIPTS, code_of
from latentspace.pipeline.failures import one_line
from latentspace.pipeline.params import read_yaml
from latentspace.pipeline.tracking.paths import run_address
from latentspace.pipeline.tracking.sending import run_ids

CLAIMS = "metrics/claims.json"
CODE = "data/code/"
INPUTS = f"{inputs.FOLDER}/"
UP_TO_DATE = "up to date"
WITHOUT_RESULTS = {"code", "check", "inputs"}


def record_of(stage: str) -> Path:
    """Path of a stage's run record."""
    chapter = "pipeline" if stage == "report" else stage.split("_")[0]
    return Path("runs", chapter, f"{stage}.json")


def state_of(stage: str, changes: Sequence[Any], known: Mapping[str, Sequence[str] | None]) -> str:
    """``up to date``, ``never run``, or the changes since the stage ran.

    Args:
        stage: its name, with its variant.
        changes: DVC's status: texts, and mappings such as ``{"changed deps": {"params.yaml": "modified"}}``.
        known: what has changed behind the dependencies below a folder, such as `CODE`; None if unknown.
    """
    if not record_of(stage).exists():
        return "never run"
    found = [change for listed in known.values() for change in listed or ()]
    compared = [folder for folder, listed in known.items() if listed is not None]
    found += [path for path in _changed_paths(changes) if not any(folder in path for folder in compared)]
    if not found:
        return UP_TO_DATE
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


def changed_values(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[str] | None:
    """Keys whose values differ, or that only one of the two mappings has; None if `before` is unknown."""
    if before is None:
        return None
    return sorted(key for key in {*before, *now} if before.get(key) != now.get(key))


def of_last_run(stage: Any, cache: Any, folder: str) -> dict[str, Any] | None:
    """The dependency below `folder` with which a stage last ran; None if it has not run, or DVC's cache lacks it.

    Args:
        stage: DVC's stage, with the contents of dvc.lock.
        cache: DVC's local cache.
        folder: `CODE` or `INPUTS`.
    """
    digests = [dep.hash_info.value for dep in stage.deps if str(dep.def_path).startswith(folder) and dep.hash_info]
    paths = [Path(cache.oid_to_path(digest)) for digest in digests]
    return dict(flat.flatten(files.read_json(paths[0]))) if paths and paths[0].is_file() else None


def _present_inputs(stage: Any, contents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the stage `inputs` would write for a stage now."""
    paths = [Path(str(dep.def_path)) for dep in stage.deps if str(dep.def_path).startswith(INPUTS)]
    return {key: value for path in paths for key, value in flat.flatten(contents[str(path.relative_to(INPUTS))])}


def changed_claims(before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line for every claim whose value or verdict differs."""
    verdicts = {True: "met", False: "not met", None: "reported"}
    lines = []
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if old is None or new is None:
            lines.append(f"{name}: {'new' if old is None else 'gone'}")
        elif "not_measured" in new:
            lines += [] if "not_measured" in old else [f"{name}: not measured: {new['not_measured']}"]
        elif "not_measured" in old:
            lines.append(f"{name}: now measured, {new['mean']:.4g} ({verdicts[new['met']]})")
        elif (old["mean"], old["met"]) != (new["mean"], new["met"]):
            verdict = (
                verdicts[new["met"]] if old["met"] == new["met"] else f"{verdicts[old['met']]} → {verdicts[new['met']]}"
            )
            lines.append(f"{name}: {old['mean']:.4g} → {new['mean']:.4g} ({verdict})")
    return lines


def committed_claims() -> dict[str, Any]:
    """The claims of the last commit; empty outside git, or if none are committed."""
    shown = subprocess.run(["git", "show", f"HEAD:{CLAIMS}"], capture_output=True, encoding="utf-8", check=False)
    claims: dict[str, Any] = json.loads(shown.stdout) if shown.returncode == 0 else {}
    return claims


def states() -> dict[str, str]:
    """The state of every stage with results, by name.

    Raises:
        ValueError: naming the file and line of a syntax error, or what is wrong in params.yaml.
    """
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

    with Repo() as repo:
        changes = repo.status(targets=["dvc.yaml"])
        graph = [s for s in repo.index.stages if isinstance(s, PipelineStage) and s.path_in_repo == "dvc.yaml"]
        stages = {str(stage.name): stage for stage in graph if stage.name not in WITHOUT_RESULTS}
        before = {
            folder: {name: of_last_run(stage, repo.cache.local, folder) for name, stage in stages.items()}
            for folder in (CODE, INPUTS)
        }
    contents = inputs.contents(read_yaml(Path("params.yaml")))
    found = {}
    for name, stage in stages.items():
        code = changed_values(before[CODE][name], code_of(SCRIPTS / f"{name.partition('@')[0]}.py"))
        own = changed_values(before[INPUTS][name], _present_inputs(stage, contents))
        found[name] = state_of(name, changes.get(name, []), {CODE: code, INPUTS: own})
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
    stale = sum(state != UP_TO_DATE for state in found.values())
    print(f"\n{stale} of {len(found)} stages are not up to date." if stale else "\nAll stages are up to date.")
    now = files.read_json(Path(CLAIMS)) if Path(CLAIMS).exists() else {}
    lines = changed_claims(committed_claims(), now)
    print("\n".join(["", "Against the committed claims:", *lines] if lines else ["", "All claims are as committed."]))


if __name__ == "__main__":
    with one_line("status"):
        main()
