"""Schema of pretraining/params.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from latentspace.images.params import Avatars
from latentspace.pipeline.bounds import Batch, Count, Decay, Distinct, Rate, Seed, Steps, Weight, Width, within
from latentspace.pipeline.compute import Device, Precision
from latentspace.pipeline.params import Launch, Name, Names, Section

DRAWN = {"avatars", "faces"}  # data sets that are made here; the others are in gan_folder
ImageCount = Annotated[int, within(0, 10**9, "images shown; more would take years")]


class Faces(Section):
    """Faces rendered by a public generator."""

    images: Count
    seed: Seed
    truncation: float = Field(gt=0, le=1, description="share of the distance kept from the mean style")
    fit_images: Annotated[int, within(8, 10_000)] = Field(
        description="full-size renderings to which the shortcut is fitted"
    )
    ridge: Annotated[float, within(1e-6, 1e6)] = Field(description="weight of the squared taps in that fit")


class Folder(Section):
    """A folder of the user's images."""

    path: str = Field(min_length=1)
    image_size: Literal[16, 32, 64, 128]

    @model_validator(mode="after")
    def _is_there(self) -> Folder:
        if not Path(self.path).is_dir():
            raise ValueError(f"path = {self.path!r}: no such folder")
        return self


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

    def times(self, length: float) -> Recipe:
        """The recipe with `length` times as many images at every scale, in the fades and after them."""
        scales = [
            scale.model_copy(update={"fade": round(length * scale.fade), "steady": round(length * scale.steady)})
            for scale in self.scales
        ]
        return self.model_copy(update={"scales": scales})


class Source(Section):
    """Length of the training on a data set, and the licence of the product."""

    length: Annotated[float, within(0.001, 1000)] = Field(
        description="images shown, at every scale, relative to the recipe's"
    )
    licence: str = Field(min_length=10, description="what the product may be used for, and why")


class Pretrain(Section):
    """Trainings of generators: names of the data sets, the recipe, and what belongs to each data set."""

    names: Names
    recipe: Recipe
    sources: dict[Name, Source]


class Params(Section):
    """Content of pretraining/params.yaml."""

    seeds: Annotated[list[Seed], Field(min_length=1, max_length=100), Distinct]
    device: Device
    precision: Precision
    launch: Launch
    gan_avatars: Avatars
    gan_faces: Faces
    gan_folder: dict[Name, Folder]
    gan_pretrain: Pretrain

    @model_validator(mode="after")
    def _sources_exist(self) -> Params:
        for name in self.gan_pretrain.names:
            if name not in DRAWN | set(self.gan_folder):
                raise ValueError(f"gan_pretrain.names lists {name!r}, which gan_folder does not define")
            if name not in self.gan_pretrain.sources:
                raise ValueError(f"gan_pretrain.names lists {name!r}, which gan_pretrain.sources does not define")
        return self
