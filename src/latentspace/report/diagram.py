"""The graph of dvc.yaml as a diagram with one box per stage, without variants, so that it fits a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentspace.pipeline.declaration import paths
from latentspace.report.table import CHAPTERS

LEFT_OUT = {"code", "check", "inputs", "report"}  # connected to nearly all other stages
HEADER = """# The graph

Made from `dvc.yaml` by `make readme`. Four stages are left out: `code`, which writes the digests of the code for every
stage; `check`, which validates `params.yaml` before every stage; `inputs`, which writes the digests of the files that
`params.yaml` names; `report`, which depends on all results. `dvc dag` also shows the variants.
"""

Stages = Mapping[str, Mapping[str, Any]]


def edges(stages: Stages) -> list[tuple[str, str]]:
    """Pairs of stages, where an output of the first equals, contains or is inside a dependency of the second."""
    outs = {name: _fixed(stage, "outs", "metrics") for name, stage in stages.items()}
    deps = {name: _fixed(stage, "deps") for name, stage in stages.items()}
    return [
        (maker, user)
        for maker in stages
        for user in stages
        if maker != user and any(_overlap(dep, out) for dep in deps[user] for out in outs[maker])
    ]


def _fixed(stage: Mapping[str, Any], *kinds: str) -> list[str]:
    """Paths of a stage of dvc.yaml, each cut before its first template."""
    declared = stage.get("do", stage)
    listed = [path for kind in kinds for path in paths(declared.get(kind, []))]
    return [path.partition("${")[0].rstrip("/") for path in listed]


def _overlap(first: str, second: str) -> bool:
    return first == second or first.startswith(f"{second}/") or second.startswith(f"{first}/")


def mermaid(stages: Stages) -> str:
    """The diagram in Mermaid, with the chapters as groups."""
    lines = ["graph LR"]
    for prefix, title in CHAPTERS.items():
        lines.append(f"  subgraph {title}")
        lines += [f'    {name}["{_label(name, stages[name])}"]' for name in stages if name.split("_")[0] == prefix]
        lines.append("  end")
    lines += [f"  {maker} --> {user}" for maker, user in edges(stages) if not {maker, user} & LEFT_OUT]
    return "\n".join(lines)


def _label(name: str, stage: Mapping[str, Any]) -> str:
    return f"{name} × variants" if {"matrix", "foreach"} & set(stage) else name


def page(stages: Stages) -> str:
    """The text of docs/graph.md."""
    return f"{HEADER}\n```mermaid\n{mermaid(stages)}\n```\n"
