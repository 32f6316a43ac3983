"""Declaration of a stage in dvc.yaml: its parameters, dependencies and outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from latentspace.pipeline.params import ParamsError, lookup, read_yaml

KINDS = ("params", "deps", "outs", "metrics", "plots")


TEMPLATE = re.compile(r"\$\{\s*([\w.-]+)\s*\}")


@dataclass(frozen=True)
class Declaration:
    """One stage of dvc.yaml with its templates filled in.

    Attributes:
        params: declared values by dotted key.
        deps: paths relative to the root.
        outs: paths of outputs, metrics and plots, relative to the root.
        own: the keys of `params` that belong to this variant of the stage.
    """

    params: Mapping[str, Any]
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    own: tuple[str, ...] = ()


def declaration(name: str, values: dict[str, Any] | None = None) -> Declaration:
    """Read stage `name` from dvc.yaml and its values from params.yaml, resolved as DVC resolves them.

    DVC's own resolver takes twenty times as long to import and run; tests compare the two on every stage.

    Args:
        name: of the stage, with its variant.
        values: what to take instead of params.yaml, such as that with completed variants.

    Raises:
        ParamsError: if there is no such stage, or a template names a parameter that does not exist.
    """
    values = read_yaml(Path("params.yaml")) if values is None else values
    base, _, variant = name.partition("@")
    stage = lookup(read_yaml(Path("dvc.yaml")), "stages").get(base, {})
    item = _items(stage, values).get(variant)
    if not stage or item is None:
        raise ParamsError(f"dvc.yaml: no stage {name}")
    stage, filled = stage.get("do", stage), values | item
    listed = {kind: [_fill(path, filled) for path in paths(stage.get(kind, []))] for kind in KINDS}
    params = {key: lookup(values, key) for key in listed["params"]}
    own = [key for template, key in zip(stage.get("params", []), params, strict=True) if _names(template) & set(item)]
    outs = listed["outs"] + listed["metrics"] + listed["plots"]
    return Declaration(params, tuple(listed["deps"]), tuple(outs), tuple(own))


def selected() -> list[str]:
    """All stages of dvc.yaml with the variants that params.yaml selects, such as ``size_train@bias``."""
    values, stages = read_yaml(Path("params.yaml")), lookup(read_yaml(Path("dvc.yaml")), "stages")
    return [
        f"{base}@{variant}" if variant else base for base, stage in stages.items() for variant in _items(stage, values)
    ]


def _items(stage: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Values of `item` (and `key`) in each variant of a stage of dvc.yaml, by the variant's name."""
    if "foreach" in stage:
        each = _fill(stage["foreach"], values)
        keyed = each.items() if isinstance(each, Mapping) else ((str(item), item) for item in each)
        return {key: {"key": key, "item": item} for key, item in keyed}
    axes = {axis: _fill(listed, values) for axis, listed in stage.get("matrix", {}).items()}
    combined = (dict(zip(axes, items, strict=True)) for items in product(*axes.values()))
    return {"-".join(map(str, item.values())): {"item": item} for item in combined}


def _names(text: str) -> set[str]:
    """First parts of the dotted keys in ``${…}``."""
    return {key.partition(".")[0] for key in TEMPLATE.findall(text)}


def _fill(text: Any, values: Mapping[str, Any]) -> Any:
    """Replace each ``${dotted.key}`` in `text`; a text that is a single template gives the value itself."""
    if not isinstance(text, str):
        return text
    if whole := TEMPLATE.fullmatch(text):
        return lookup(values, whole[1])
    return TEMPLATE.sub(lambda found: str(lookup(values, found[1])), text)


def paths(entries: Sequence[str | Mapping[str, Any]]) -> list[str]:
    """Paths in a list of dvc.yaml, where an entry with options is a mapping from the path to them."""
    return [path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)]
