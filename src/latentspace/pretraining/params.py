"""Schema of pretraining/params.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from latentspace.pipeline.params import Section


class Faces(Section):
    """Faces rendered by a public generator."""

    images: int = Field(ge=2)
    seed: int = Field(ge=0)
    truncation: float = Field(gt=0, le=1, description="share of the distance kept from the mean style")
    fit_images: int = Field(ge=8, description="full-size renderings to which the shortcut is fitted")
    ridge: PositiveFloat = Field(description="weight of the squared taps in that fit")


class Folder(Section):
    """A folder of the user's images."""

    path: str
    image_size: Literal[16, 32, 64, 128]

    @model_validator(mode="after")
    def _is_there(self) -> Folder:
        if not Path(self.path).is_dir():
            raise ValueError(f"path = {self.path!r}: no such folder")
        return self


class Scale(Section):
    """One resolution of the progressive training."""

    width: PositiveInt = Field(description="channels")
    batch: int = Field(ge=2, description="images a step")
    fade: NonNegativeInt = Field(description="images shown while the scale fades in")
    steady: NonNegativeInt = Field(description="images shown after that")
    r1: NonNegativeFloat = Field(description="weight of the gradient penalty")


class Recipe(Section):
    """Scales, optimizer and averaging of the training of a generator."""

    latent: PositiveInt
    scales: list[Scale] = Field(min_length=2, description="4×4 first")
    learning_rate: PositiveFloat
    betas: list[Annotated[float, Field(ge=0, lt=1)]] = Field(min_length=2, max_length=2)
    decay: float = Field(ge=0, le=1, description="share of the last scale in which the rate falls to zero")
    r1_every: PositiveInt = Field(description="steps between gradient penalties")
    average: PositiveInt = Field(description="half-life of the averaged generator, images")
    average_ramp: float = Field(gt=0, le=1, description="half-life at most this share of the scale's images so far")
    checkpoint_every: PositiveInt = Field(description="steps between checkpoints and previews")

    @model_validator(mode="after")
    def _first_scale_does_not_fade(self) -> Recipe:
        if self.scales[0].fade:
            raise ValueError("scales[0].fade must be 0: there is nothing to fade from")
        return self

    @property
    def widths(self) -> list[int]:
        """Channels of every scale, 4×4 first."""
        return [scale.width for scale in self.scales]

    def times(self, length: float) -> Recipe:
        """The recipe with `length` times as many images at every scale, in the fades and after them."""
        scales = [
            scale.model_copy(update={"fade": round(length * scale.fade), "steady": round(length * scale.steady)})
            for scale in self.scales
        ]
        return self.model_copy(update={"scales": scales})


class Source(Section):
    """Length of the training on a data set, and the licence of the product."""

    length: PositiveFloat = Field(description="images shown, at every scale, relative to the recipe's")
    licence: str = Field(min_length=10, description="what the product may be used for, and why")
