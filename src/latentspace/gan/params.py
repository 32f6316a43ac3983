"""Schema of the sections of params.yaml that belong to the gan chapter."""

from __future__ import annotations

from pydantic import Field

from latentspace.core.params import Section


class Zoo(Section):
    """The check of the zoo's file format and arithmetic on random weights."""

    divide: int = Field(ge=1, le=128)
    seed: int = Field(ge=0)
