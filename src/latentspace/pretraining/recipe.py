"""Schema of a training in pretraining/params.yaml: scales, optimizer, averaging, and what belongs to a data set."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from latentspace.gan.layers import BASE
from latentspace.pipeline.bounds import Batch, Decay, Rate, Steps, Weight, Width, within
from latentspace.pipeline.params import Section

ImageCount = Annotated[int, within(0, 10**9, "images shown; more would take years")]


class Scale(Section):
    """One resolution of the progressive training."""

    width: Width = Field(description="channels")
    batch: Batch = Field(description="images a step")
    fade: ImageCount = Field(description="images shown while the scale fades in")
    steady: ImageCount = Field(description="images shown after that")
    r1: Weight = Field(description="weight of the gradient penalty")


class Recipe(Section):
    """Scales, optimizer and averaging of the training of a generator."""

    latent: Width
    scales: list[Scale] = Field(min_length=2, max_length=9, description="4×4 first")
    learning_rate: Rate
    betas: list[Decay] = Field(min_length=2, max_length=2)
    decay: float = Field(ge=0, le=1, description="share of the last scale in which the rate falls to zero")
    r1_every: Steps = Field(description="steps between gradient penalties")
    average: Annotated[int, within(1, 10**9)] = Field(description="half-life of the averaged generator, images")
    average_ramp: float = Field(gt=0, le=1, description="half-life at most this share of the scale's images so far")
    checkpoint_every: Steps = Field(description="steps between checkpoints and previews")

    @model_validator(mode="after")
    def _first_scale_does_not_fade(self) -> Recipe:
        if self.scales[0].fade:
            raise ValueError("scales[0].fade must be 0: there is nothing to fade from")
        return self

    @property
    def widths(self) -> list[int]:
        """Channels of every scale, 4×4 first."""
        return [scale.width for scale in self.scales]

    def up_to(self, size: int) -> Recipe:
        """The recipe of the scales of at most `size` pixels a side."""
        scales = [scale for k, scale in enumerate(self.scales) if BASE * 2**k <= size]
        return self.model_copy(update={"scales": scales})

    def of(self, source: Source) -> Recipe:
        """The recipe with the source's share of images and of images a step, at every scale."""
        scales = [
            scale.model_copy(
                update={
                    "batch": source.batch * scale.batch,
                    "fade": round(source.length * scale.fade),
                    "steady": round(source.length * scale.steady),
                }
            )
            for scale in self.scales
        ]
        return self.model_copy(update={"scales": scales})


class Source(Section):
    """Length of the training on a data set, and the licence of the product."""

    length: Annotated[float, within(0.001, 1000)] = Field(
        description="images shown, at every scale, relative to the recipe's"
    )
    batch: Annotated[int, within(1, 64)] = Field(1, description="images a step, relative to the recipe's")
    licence: str = Field(min_length=10, description="what the product may be used for, and why")
