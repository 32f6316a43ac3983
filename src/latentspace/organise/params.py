"""Schema of the sections of params.yaml that belong to the organise chapter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, StringConstraints, model_validator

from latentspace.core.params import Section

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Widths = Annotated[list[PositiveInt], Field(min_length=1)]
Penalty = Literal["covariance", "distance_correlation"]
Reconstruction = Literal["mse", "bce"]


class DataSet(Section):
    """An image set: one that is drawn, or a folder of images."""

    kind: Literal["ellipses", "disks", "dial", "folder"]
    path: str | None = None
    image_size: Literal[16, 32, 64, 128] = 64
    channels: Literal[1, 3] = 1
    blur: float = Field(default=0.5, gt=0, le=8)
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


class Settings(Section):
    """The PCA autoencoder: how its latent space grows and what keeps its components apart."""

    packet_sizes: list[PositiveInt] = Field(default=[1, 1, 1], min_length=1)
    weight: NonNegativeFloat = 1.0
    penalty: Penalty = "covariance"
    reconstruction: Reconstruction = "mse"
    encoder_rate: float = Field(default=1.0, gt=0, le=1)
    input_noise: NonNegativeFloat = 0.0
    shares: list[PositiveFloat] | None = None

    @model_validator(mode="after")
    def _one_share_each(self) -> Settings:
        if self.shares is not None and len(self.shares) != len(self.packet_sizes):
            raise ValueError(f"shares = {self.shares} must have one entry per packet, {len(self.packet_sizes)}")
        return self

    def steps_of(self, packet: int, steps: int) -> int:
        """Steps of a packet's training, of `steps` in the mean."""
        if self.shares is None:
            return steps
        return max(1, round(steps * len(self.shares) * self.shares[packet] / sum(self.shares)))
