"""What the report shows: results of the variants that params.yaml selects. Those of removed variants stay on disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentspace.pipeline import files
from latentspace.pipeline.available import in_words


def records(folders: Sequence[Path], selected: Collection[str]) -> list[dict[str, Any]]:
    """Run records of the selected stages, by chapter and name."""
    return [
        files.read_json(path) for folder in folders for path in sorted(folder.glob("*.json")) if path.stem in selected
    ]


@dataclass(frozen=True)
class Results:
    """Figures of the selected stages.

    Attributes:
        figures: the folder figures/.
        selected: names of the stages that params.yaml selects, such as ``organise_set@digits``.
        left_out: what each stage has left out, and why.
    """

    figures: Path
    selected: Collection[str]
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def matching(self, patterns: Sequence[str], suffix: str = "") -> list[str]:
        """Paths below figures/, without `suffix`, of the files that match the patterns, in the order of these."""
        paths = [path for pattern in patterns for path in sorted(self.figures.glob(pattern + suffix))]
        names = dict.fromkeys(str(path.relative_to(self.figures)).removesuffix(suffix) for path in paths)
        return [name for name in names if self._is_selected(name)]

    def missing(self, patterns: Sequence[str], suffix: str = "") -> list[str]:
        """Patterns that no file matches, with what their stage has left out; those with ``*`` only if it has."""
        by_reason: dict[str, list[str]] = {}
        for pattern in patterns:
            reason = in_words(self.left_out.get(pattern.split("/")[0], {}))
            if not self.matching([pattern], suffix) and (reason or "*" not in pattern):
                by_reason.setdefault(reason or "not made with these parameters", []).append(pattern)
        return [f"{', '.join(found)}: {reason}" for reason, found in by_reason.items()]

    def _is_selected(self, figure: str) -> bool:
        stage, part = figure.split("/")[:2]
        return stage in self.selected or f"{stage}@{part}" in self.selected
