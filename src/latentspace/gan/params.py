"""Schema of the sections of params.yaml that belong to the gan chapter."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from latentspace.core.params import Name, Section, Selection, Training
from latentspace.organise.params import Network, Settings

Which = Literal["netG", "avgG"]
ReleaseName = Literal["celebAHQ-256", "celebAHQ-512", "celeba", "DTD"]


class Zoo(Section):
    """The check of the zoo's file format and arithmetic on random weights."""

    divide: int = Field(ge=1, le=128)
    seed: int = Field(ge=0)


class ZooSource(Section):
    """A generator of the zoo: a file of the user's, or a release to download."""

    file: str | None = None
    release: ReleaseName | None = None
    download: bool = False
    network: Which = "netG"

    @model_validator(mode="after")
    def _somewhere(self) -> ZooSource:
        if self.file is None and not (self.release and self.download):
            raise ValueError("give a file, or a release together with download: true")
        return self


class Source(Section):
    """Where a generator comes from, and what measures the attributes of its images."""

    path: str | None = None
    zoo: ZooSource | None = None
    attributes: Literal["regressor", "statistics"] = "statistics"

    @model_validator(mode="after")
    def _one(self) -> Source:
        if (self.path is None) == (self.zoo is None):
            raise ValueError("give either a path (safetensors, of ours) or zoo")
        file = self.path if self.zoo is None else self.zoo.file
        if file is not None and not Path(file).is_file():
            raise ValueError(f"{file}: no such file")
        return self


class Generators(Selection):
    """Generators: which are used, and where they come from."""

    defined_in: ClassVar[str] = "sources"
    sources: dict[Name, Source]


class Sizes(Section):
    """How many images are drawn to train and to test with: of avatars, or about an anchor."""

    train_images: int = Field(ge=2)
    test_images: int = Field(ge=2)
    seed: int = Field(ge=0)


class Regressor(Section):
    """The network that reads an avatar's factors off its picture."""

    widths: list[PositiveInt] = Field(min_length=1)
    noise: float = Field(ge=0, description="standard deviation of noise on training images, whose values are ±1")
    training: Training


class Variant(Settings):
    """Neighbourhoods of one generator, and how they are organised.

    generator: one of gan_generator's. label: the class, if it has classes. anchors: seeds of anchors drawn on the
    sphere, or the rows of `anchors_file` (.npy). sigmas: one neighbourhood for each. relative: η of length σ √d. seeds:
    how many of the seeds, for each neighbourhood. steps: per packet, instead of the training's.
    """

    packet_sizes: list[PositiveInt] = Field(default=[1, 1, 1, 1, 1], min_length=1)
    generator: Name
    label: int | None = Field(default=None, ge=0)
    anchors: list[int] = Field(min_length=1)
    anchors_file: str | None = None
    sigmas: list[PositiveFloat] = Field(default=[0.7], min_length=1)
    relative: bool = False
    seeds: PositiveInt = 1
    steps: PositiveInt | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Variant:
        for name in ("anchors", "sigmas"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name} = {getattr(self, name)} must be distinct")
        if min(self.anchors) < 0:
            raise ValueError(f"anchors = {self.anchors} must be ≥ 0")
        if self.anchors_file is not None and not Path(self.anchors_file).is_file():
            raise ValueError(f"{self.anchors_file}: no such file of anchors")
        if self.reconstruction != "mse":
            raise ValueError("the error through a generator is that of eq. 16; reconstruction must be mse")
        return self


class Train(Selection):
    """PCA autoencoders of neighbourhoods: which are trained, and what they share."""

    images: Sizes
    training: Training
    variants: dict[Name, Variant]


class Direct(Settings):
    """The PCA autoencoder straight on images (slide 41)."""

    network: Network
    training: Training
