"""Settings of the PCA autoencoder in params.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from latentspace.pipeline.params import Section

Widths = Annotated[list[PositiveInt], Field(min_length=1)]
Penalty = Literal["covariance", "distance_correlation"]
Reconstruction = Literal["mse", "bce"]


class Network(Section):
    """Channels of the encoder and decoder of images."""

    encoder_widths: Widths
    decoder_widths: Widths


class Settings(Section):
    """Packets, penalty, error and schedule of a PCA autoencoder; see the arguments of `PCAAutoencoder`."""

    packet_sizes: list[PositiveInt] = Field(default=[1, 1, 1], min_length=1)
    weight: NonNegativeFloat = 1.0
    penalty: Penalty = "covariance"
    reconstruction: Reconstruction = "mse"
    code_noise: NonNegativeFloat = 0.0
    settle: float = Field(default=0.0, ge=0, lt=1)
    restarts: PositiveInt = 1
    shares: list[PositiveFloat] | None = None

    @model_validator(mode="after")
    def _one_share_each(self) -> Settings:
        if self.shares is not None and len(self.shares) != len(self.packet_sizes):
            raise ValueError(f"shares = {self.shares} must have one entry per packet, {len(self.packet_sizes)}")
        return self

    def steps_of(self, packet: int, steps: int) -> tuple[int, int]:
        """Numbers of steps of a packet with its encoder, and of its decoder alone; `steps` is the mean over packets."""
        if self.shares is not None:
            steps = round(steps * len(self.shares) * self.shares[packet] / sum(self.shares))
        growing = max(1, round(steps * (1 - self.settle)))
        return growing, max(0, steps - growing)
