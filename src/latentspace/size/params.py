"""Schema of the sections of params.yaml that belong to the size chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, model_validator

from latentspace.pipeline.bounds import Batch, EncoderRate, SeedCount, Steps, Weight, Widths, within
from latentspace.pipeline.params import Name, Section, Selection, Training
from latentspace.pipeline.seeds import seeds_of

Penalty = Literal["none", "contractive", "l2_encoder", "l2_both"]


Init = Literal["averaging", "edges", "random"]


class Network(Section):
    """The shape autoencoder of slide 9."""

    encoder_widths: Widths
    decoder_widths: Widths
    slope: float = Field(ge=0, lt=1)

    @property
    def widths(self) -> dict[str, list[int]]:
        """Both lists of widths by their keys."""
        return {"encoder_widths": self.encoder_widths, "decoder_widths": self.decoder_widths}


class Variant(Section):
    """Settings of one variant; the defaults are those of the autoencoder of slide 9."""

    bias: bool = True
    linear_encoder: bool = False
    code_size: Annotated[int, within(1, 64, "a disk has one factor")] = 1
    init: Init = "averaging"
    encoder_rate: EncoderRate = 0.1
    penalty: Penalty = "none"
    weight: Weight = 0.0
    hole: list[NonNegativeFloat] | None = Field(default=None, min_length=2, max_length=2)
    steps: Steps | None = None
    batch_size: Batch | None = None
    min_seeds: SeedCount | None = None

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

    def seeds_of(self, seeds: Sequence[int]) -> list[int]:
        """The seeds of the trainings: the study's, and then the smallest other ones up to `min_seeds`."""
        return seeds_of(seeds, least=self.min_seeds)


class TrainDisks(Selection):
    """Autoencoders of disks: the network, its training, and the variants."""

    network: Network
    training: Training
    variants: dict[Name, Variant]


class TrainSilhouettes(Selection):
    """Autoencoders of scaled silhouettes: every silhouette with every variant."""

    training: Training
    variants: dict[Name, Variant]


class Theory(Section):
    """Discretisation of the decoding energy: number of rings."""

    grid: int = Field(ge=16, le=100_000)
