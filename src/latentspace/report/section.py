"""One part of the report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Section:
    """One experiment of the talk.

    Attributes:
        slides: of the talk.
        title: heading.
        text: the result, in a few sentences; a claim's id in braces stands for its mean.
        figures: paths below figures/; a pattern with ``*`` selects all files that match.
        photos: names of pictures in photos/published/, which the graph there has made.
        claims: patterns of claim ids; a claim belongs to the first section that matches.
        explorers: paths of explorers below figures/, without suffix.
            With a pattern, which has a ``*``, the section is repeated for each that matches and no other section has.
        optional: whether the section is left out if it has no claims.
    """

    slides: str
    title: str
    text: str
    figures: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    explorers: tuple[str, ...] = ()
    optional: bool = False
