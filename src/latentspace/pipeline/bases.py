"""Variants with a base: what such a variant does not say itself, it takes from another variant.

With ``lambda_1: {base: pca_ae, images: ellipses, weight: 1.0}`` every present and future key of ``pca_ae`` applies to
``lambda_1`` too, except the weight. A base may have a base. The stages and the schema see the completed variants; DVC
sees the lines of params.yaml, so the stage `inputs` tells it what a variant has from its base.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentspace.pipeline.params import ParamsError, read_yaml, shortened, shown

VARIANTS = "variants"  # the key of a section under which variants may have bases
OWN = ("base", "images", "generator")  # not inherited; dvc.yaml reads the last two, and DVC knows no bases


def read(path: Path) -> dict[str, Any]:
    """params.yaml with completed variants; raises ParamsError as `read_yaml` and `completed` do."""
    return completed(read_yaml(path))


def completed(params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` with every variant of every section completed from its base.

    Raises:
        ParamsError: naming the variant whose base does not exist or leads back to it.
    """
    return {key: _with_variants(key, section) for key, section in params.items()}


def _with_variants(key: str, section: Any) -> Any:
    variants = section.get(VARIANTS) if isinstance(section, Mapping) else None
    if not isinstance(variants, Mapping):
        return section
    where = f"{key}.{VARIANTS}"
    return {**section, VARIANTS: {name: _complete(variants, name, where) for name in variants}}


def _complete(variants: Mapping[str, Any], name: str, where: str) -> Any:
    """Variant `name`, without the key ``base``."""
    own, *bases = [variants[each] for each in _lineage(variants, name, where)]
    if not isinstance(own, Mapping):
        return own
    found: dict[str, Any] = {}
    for base in reversed(bases):
        if isinstance(base, Mapping):
            found |= {key: value for key, value in base.items() if key not in OWN}
    return found | {key: value for key, value in own.items() if key != "base"}


def _lineage(variants: Mapping[str, Any], name: str, where: str) -> list[str]:
    """`name`, its base, the base of that, and so on."""
    names = [name]
    while isinstance(here := variants[names[-1]], Mapping) and "base" in here:
        base = here["base"]
        subject = f"params.yaml: {where}.{names[-1]}.base = {shown(base)}"
        if not isinstance(base, str) or base not in variants:
            raise ParamsError(f"{subject}: no such variant in {where}")
        if base in names:
            raise ParamsError(
                f"{subject}: a variant cannot be based on itself ({shortened(' → '.join(names))} → {base})"
            )
        names.append(base)
    return names
