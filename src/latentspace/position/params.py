"""Schema of the sections of params.yaml that belong to the position chapter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from latentspace.pipeline.bounds import Batch, Distinct, EncoderRate, Rate, Square, Steps, Widths, within
from latentspace.pipeline.params import Section, Training

Levels = Annotated[int, Field(ge=1, le=12)]


TrainedLevels = Annotated[int, Field(ge=2, le=8)]


TestPositions = Annotated[int, within(16, 100_000, "figures show eight, and more would not fit into memory as images")]


Positions = Annotated[int, within(2, 100_000, "a mean needs 2, and more would not fit into memory as images")]


class Theory(Section):
    """Range of L in which the theorem is checked."""

    levels: Levels
    levels_2d: Annotated[int, Field(ge=1, le=8)]


class LBFGS(Section):
    """Budget and memory of L-BFGS."""

    evaluations: Annotated[int, within(1, 1_000_000, "more would take days")]
    memory: Annotated[int, within(1, 1000, "of each past step all parameters are stored")]

    @property
    def options(self) -> dict[str, int | float]:
        """Options of scipy's L-BFGS-B without tolerances: only the budget or a failed line search ends it."""
        return {
            "maxiter": self.evaluations,
            "maxfun": self.evaluations,
            "maxcor": self.memory,
            "ftol": 0.0,
            "gtol": 0.0,
        }


class Adam(Section):
    """Full-batch Adam on the linear encoder, to show its stall."""

    levels: TrainedLevels
    steps: Steps
    learning_rate: Rate


class Encoder(Section):
    """Linear encoders learnt from labelled positions (slide 27)."""

    levels: Annotated[list[TrainedLevels], Field(min_length=1), Distinct]
    levels_2d: Annotated[list[Annotated[int, Field(ge=2, le=7)]], Field(min_length=1), Distinct]
    test_positions: TestPositions
    lbfgs: LBFGS
    adam: Adam


class Ablation(Section):
    """The same encoder with other ways of halving the length (slide 29)."""

    levels: TrainedLevels
    train_positions: Positions
    test_positions: TestPositions
    lbfgs: LBFGS
    training: Training


class Place(Section):
    """Side of lines or images, and the decoder's channels at sizes 1, 2, 4, … `image_size`."""

    image_size: Literal[8, 16, 32, 64, 128]
    widths: Widths

    @model_validator(mode="after")
    def _fits(self) -> Place:
        needed = self.image_size.bit_length()
        if len(self.widths) != needed:
            raise ValueError(f"widths = {self.widths}: {self.image_size} places need {needed} widths")
        return self


class Decoder(Section):
    """Decoders from positions to Diracs (slide 28)."""

    line: Place
    image: Place
    positions: Annotated[list[Positions], Field(min_length=1), Distinct]
    positions_2d: Annotated[Positions, Square]
    test_positions: TestPositions
    coordconv_widths: Widths
    coordconv_widths_2d: Widths
    coordconv_batch_size: Batch
    coordconv_batch_size_2d: Batch
    training: Training


class Autoencoder(Section):
    """Autoencoders of Diracs, trained without labels."""

    line: Place
    image: Place
    encoder_width: Annotated[int, within(2, 2048)]
    encoder_rate: EncoderRate
    positions: Annotated[Positions, Square]
    test_positions: TestPositions
    training: Training
