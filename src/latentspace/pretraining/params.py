"""Schema of pretraining/params.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from latentspace.images.params import Avatars
from latentspace.photos.params import Small
from latentspace.pipeline.bounds import Count, Distinct, Seed
from latentspace.pipeline.compute import Device, Precision
from latentspace.pipeline.params import Launch, Name, Names, Section
from latentspace.pretraining.recipe import Recipe, Source

AVATARS = "avatars"  # the data set that is drawn; the others are named in gan_faces and gan_folder


class Faces(Section):
    """Faces rendered by a public generator."""

    images: Count
    seed: Seed


class Folder(Section):
    """A folder of the user's images."""

    path: str = Field(min_length=1)
    image_size: Literal[16, 32, 64, 128]

    @model_validator(mode="after")
    def _is_there(self) -> Folder:
        if not Path(self.path).is_dir():
            raise ValueError(f"path = {self.path!r}: no such folder")
        return self


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
    gan_teacher: dict[Name, Small]
    gan_faces: dict[Name, Faces]
    gan_folder: dict[Name, Folder]
    gan_pretrain: Pretrain

    @model_validator(mode="after")
    def _sources_exist(self) -> Params:
        if set(self.gan_faces) != set(self.gan_teacher):
            raise ValueError("gan_faces and gan_teacher must define the same names")
        for name in self.gan_pretrain.names:
            if name not in {AVATARS, *self.gan_faces, *self.gan_folder}:
                raise ValueError(f"gan_pretrain.names lists {name!r}, which neither gan_faces nor gan_folder defines")
            if name not in self.gan_pretrain.sources:
                raise ValueError(f"gan_pretrain.names lists {name!r}, which gan_pretrain.sources does not define")
        return self
