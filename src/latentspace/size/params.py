"""Schema of the sections of params.yaml that belong to the size chapter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, StringConstraints, model_validator

from latentspace.core.params import Name, Section, Selection, Training

Penalty = Literal["none", "contractive", "l2_encoder", "l2_both"]
Init = Literal["averaging", "edges", "random"]
SilhouetteName = Annotated[str, StringConstraints(pattern=r"^(digit_[0-9]|corpus_callosum)$")]
Widths = Annotated[list[PositiveInt], Field(min_length=1)]


class Sampling(Section):
    """How many scaled copies of a shape, how large, how blurred."""

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
    """Scaled silhouettes: which, and how sampled."""

    names: list[SilhouetteName] = Field(min_length=1)


class Network(Section):
    """The shape autoencoder of slide 9."""

    encoder_widths: Widths
    decoder_widths: Widths
    slope: float = Field(ge=0, lt=1)


class Variant(Section):
    """What one variant changes; an empty mapping is the autoencoder of slide 9 as it stands."""

    bias: bool = True
    linear_encoder: bool = False
    code_size: PositiveInt = 1
    init: Init = "averaging"
    encoder_rate: float = Field(default=0.1, gt=0, le=1)
    penalty: Penalty = "none"
    weight: NonNegativeFloat = 0.0
    hole: list[NonNegativeFloat] | None = Field(default=None, min_length=2, max_length=2)
    steps: PositiveInt | None = None
    batch_size: PositiveInt | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Variant:
        if (self.penalty == "none") != (self.weight == 0):
            raise ValueError("penalty and weight go together: give both, or neither")
        if self.hole is not None and not self.hole[0] < self.hole[1]:
            raise ValueError(f"hole = {self.hole} must be [smaller, larger] radius")
        if self.penalty == "contractive" and self.code_size != 1:
            raise ValueError("the contractive penalty is divided by var(z) and so needs code_size 1")
        if self.init == "edges" and (self.linear_encoder or not self.bias):
            raise ValueError("init: edges needs an encoder with biases and LeakyReLU")
        return self


class TrainDisks(Selection):
    """Autoencoders of disks: the network, its training, and the variants that are run."""

    network: Network
    training: Training
    variants: dict[Name, Variant]


class TrainSilhouettes(Selection):
    """Autoencoders of scaled silhouettes: every silhouette with every variant."""

    training: Training
    variants: dict[Name, Variant]


class Theory(Section):
    """The decoding energy on a grid of radii."""

    grid: int = Field(ge=16, le=100_000)
