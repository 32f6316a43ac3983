"""Schema of the sections of params.yaml that belong to the gan chapter."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from latentspace.pca.settings import Network, Settings
from latentspace.pipeline.params import Name, Section, Selection, Training

Which = Literal["netG", "avgG"]


ReleaseName = Literal["celebAHQ-256", "celebAHQ-512", "celeba", "DTD"]


class Zoo(Section):
    """Check of the zoo's file format and arithmetic on random weights."""

    divide: int = Field(ge=1, le=128)
    seed: int = Field(ge=0)


class ZooSource(Section):
    """A generator of the zoo: a user's file, or a release to download."""

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
    """Origin of a generator, and the method that measures attributes of its images."""

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
    """Generators: names of those used, and their sources."""

    defined_in: ClassVar[str] = "sources"
    sources: dict[Name, Source]


class Sizes(Section):
    """Numbers of training and test images, and their seed."""

    train_images: int = Field(ge=2)
    test_images: int = Field(ge=2)
    seed: int = Field(ge=0)


class DrawnSets(Sizes):
    """Sets of drawn avatars."""

    glasses: float = Field(ge=0, le=1, description="share of heads that wear glasses")


class TrainRegressor(Section):
    """The network that estimates an avatar's factors from its image."""

    widths: list[PositiveInt] = Field(min_length=1)
    noise: float = Field(ge=0, description="standard deviation of noise on training images, whose values are in ±1")
    training: Training


class Variant(Settings):
    """Neighbourhoods of one generator, and the settings of their PCA autoencoders.

    Attributes:
        generator: a name of gan_generator.
        label: the class, if the generator has classes.
        anchors: seeds of anchors drawn on the sphere, or rows of `anchors_file`.
        anchors_file: a .npy file of anchors.
        sigmas: values of σ, each of which gives a neighbourhood about every anchor.
        relative: draw η of length σ √d.
        seeds: number of the study's seeds for each neighbourhood.
        steps: per packet, instead of the training's.
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


class Train(Section):
    """PCA autoencoders of neighbourhoods: common settings, and the variants, all of which are trained."""

    images: Sizes
    hidden: PositiveInt = Field(description="width of the networks' hidden layers, per component in a decoder")
    training: Training
    variants: dict[Name, Variant] = Field(min_length=1)


class Direct(Settings):
    """The PCA autoencoder trained directly on images (slide 41)."""

    network: Network
    training: Training
