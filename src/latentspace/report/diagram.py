"""The graph of dvc.yaml as a diagram that fits a page: a box per stage, its variants folded into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHAPTERS = {"size": "Size", "position": "Position", "organise": "Organise", "gan": "Generators"}


def _paths(entries: list[Any]) -> list[str]:
    """Paths of dvc.yaml's entries, up to where a variant's name begins."""
    paths = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    return [path.partition("${")[0].rstrip("/") for path in paths]


def edges(stages: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Pairs (maker, user): one stage's output is the other's dependency, or lies in it, or holds it."""
    found = []
    for maker, stage in stages.items():
        outs = _paths([*stage.get("outs", []), *stage.get("metrics", [])])
        for user, other in stages.items():
            deps = [dep for dep in _paths(other.get("deps", [])) if not dep.startswith(("src/", "stages/"))]
            touching = any(
                dep == out or dep.startswith(f"{out}/") or out.startswith(f"{dep}/") for dep in deps for out in outs
            )
            if maker != user and touching:
                found.append((maker, user))
    return found


def mermaid(stages: Mapping[str, Mapping[str, Any]]) -> str:
    """The diagram in Mermaid's language: chapters as groups; `check`, before all, and `report`, after all, left out."""
    lines = ["graph LR"]
    for prefix, title in CHAPTERS.items():
        lines.append(f"  subgraph {title}")
        for name, stage in stages.items():
            if name.split("_")[0] == prefix:
                label = f"{name} × variants" if "matrix" in stage else name
                lines.append(f'    {name}["{label}"]')
        lines.append("  end")
    left_out = {"check", "report"}
    lines += [f"  {a} --> {b}" for a, b in edges(stages) if not {a, b} & left_out]
    return "\n".join(lines)


def page(stages: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of docs/graph.md."""
    return (
        "# The graph\n\nMade from `dvc.yaml` by `make readme`. Every stage waits for `check`, which reads all of\n"
        "`params.yaml`; `report` waits for all with a number or a picture. `dvc dag` shows the variants too.\n"
        "\n"
        f"```mermaid\n{mermaid(stages)}\n```\n"
    )
