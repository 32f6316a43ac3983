"""Schema of photos/params.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from latentspace.gan.params import Train
from latentspace.pipeline.bounds import Distinct, Seed, within
from latentspace.pipeline.compute import Device, Precision
from latentspace.pipeline.params import Launch, Names, Section

STYLES, LATENTS = "styles", "latents"  # the spaces
LATENT = 512  # numbers in a style, and in a latent of the mapping network


class Reader(Section):
    """The comparison of our reader with OpenVINO."""

    seed: Seed


class Small(Section):
    """The generator of small images.

    Attributes:
        image_size: side of the images, in pixels.
        seed: of the styles that are drawn.
        mean_of: number of styles of which the mean is taken.
        truncation: share kept of the distance from the mean style.
        fit_images: renderings at full size to which the last layer is fitted.
        ridge: weight of the squared taps in that fit, relative to the features.
    """

    image_size: Literal[64, 128]
    seed: Seed
    mean_of: Annotated[int, within(LATENT, 2**20, "styles for their covariance")]
    truncation: float = Field(gt=0, le=1)
    fit_images: Annotated[int, within(16, 10_000)]
    ridge: Annotated[float, within(1e-6, 1e6)]


class Spaces(Small):
    """The generator as a function of the latents of two spaces, at full size and small.

    Attributes:
        dimensions: principal components of the `mean_of` styles that are the coordinates of the space of styles.
    """

    dimensions: Annotated[int, within(1, LATENT, "principal components of styles")]


class Shown(Section):
    """Traversals at full size: of which variants, images along a component, and the side to which they are averaged."""

    names: Names
    steps: Annotated[int, within(3, 25, "images along a component")]
    side: Literal[128, 256, 512, 1024]


class Params(Section):
    """Content of photos/params.yaml."""

    seeds: Annotated[list[Seed], Field(min_length=1, max_length=100), Distinct]
    device: Device
    precision: Precision
    launch: Launch
    gan_photos_reader: Reader
    gan_photos_generator: Spaces
    gan_photos_train: Train
    gan_photos_shown: Shown

    @model_validator(mode="after")
    def _names_exist(self) -> Params:
        variants = self.gan_photos_train.variants
        for name, variant in variants.items():
            if variant.generator not in {STYLES, LATENTS}:
                raise ValueError(f"gan_photos_train.variants.{name}.generator must be {STYLES} or {LATENTS}")
        for name in self.gan_photos_shown.names:
            if name not in variants:
                raise ValueError(f"gan_photos_shown.names lists {name!r}, which gan_photos_train does not define")
        return self
