"""Schema of image sets in params.yaml."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, StringConstraints, model_validator

from latentspace.pipeline.params import Name, Section, Selection


class DataSet(Section):
    """An image set: drawn images, handwritten digits, or a folder of images."""

    kind: Literal["ellipses", "disks", "dial", "digits", "folder"]
    path: str | None = None
    image_size: Literal[16, 32, 64, 128] = 64
    channels: Literal[1, 3] = 1
    blur: float = Field(default=0.5, gt=0, le=2)
    train_images: int = Field(ge=2)
    test_images: int = Field(ge=2)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _coherent(self) -> DataSet:
        if (self.kind == "folder") != (self.path is not None):
            raise ValueError("path belongs to kind: folder, and kind: folder needs one")
        if self.kind != "folder" and self.channels != 1:
            raise ValueError(f"kind: {self.kind} has channels: 1")
        return self


class Images(Selection):
    """Image sets: names of those to make, and their definitions."""

    defined_in: ClassVar[str] = "sets"
    sets: dict[Name, DataSet]


SilhouetteName = Annotated[str, StringConstraints(pattern=r"^(digit_[0-9]|corpus_callosum)$")]


class Sampling(Section):
    """Scaled copies of a shape: numbers, sizes and blur in pixels."""

    image_size: Literal[16, 32, 64, 128]
    radius_max: PositiveFloat
    blur: float = Field(gt=0, le=8)
    train_images: int = Field(ge=2)
    test_images: int = Field(ge=2)
    seed: int = Field(ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Sampling:
        if self.radius_max > self.image_size / 2:
            raise ValueError(f"radius_max = {self.radius_max} must be at most {self.image_size / 2}, half the image")
        return self


class Silhouettes(Sampling):
    """Scaled silhouettes: names of the shapes, and their sampling."""

    names: list[SilhouetteName] = Field(min_length=1)


class Avatars(Section):
    """Drawn heads with recorded factors."""

    images: int = Field(ge=2)
    seed: int = Field(ge=0)
    glasses: float = Field(ge=0, le=1, description="share of heads that wear glasses")
