"""Schema of the sections of params.yaml that belong to the gan chapter."""

from __future__ import annotations

from pydantic import Field, PositiveFloat

from latentspace.core.params import Section


class Zoo(Section):
    """The check of the zoo's file format and arithmetic on random weights."""

    divide: int = Field(ge=1, le=128)
    seed: int = Field(ge=0)


class Neighbourhood(Section):
    """What lies about an anchor: z̃ + η with η ~ N(0, σ² Id), σ per coordinate; relative: η of length σ √d."""

    sigma: PositiveFloat
    relative: bool = False
    train_images: int = Field(ge=2)
    test_images: int = Field(ge=2)
    seed: int = Field(ge=0)
