"""Schema of the sections of params.yaml that belong to the organise chapter."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from latentspace.core.params import Name, Section, Selection, Training

Widths = Annotated[list[PositiveInt], Field(min_length=1)]
Penalty = Literal["covariance", "distance_correlation"]
Reconstruction = Literal["mse", "bce"]


class DataSet(Section):
    """An image set: one that is drawn, handwritten digits, or a folder of images."""

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
    """Image sets: which are made, and how."""

    defined_in: ClassVar[str] = "sets"
    sets: dict[Name, DataSet]


class Network(Section):
    """Encoder and decoder of images."""

    encoder_widths: Widths
    decoder_widths: Widths


class Settings(Section):
    """The PCA autoencoder: how its latent space grows and what keeps its components apart."""

    packet_sizes: list[PositiveInt] = Field(default=[1, 1, 1], min_length=1)
    weight: NonNegativeFloat = 1.0
    penalty: Penalty = "covariance"
    reconstruction: Reconstruction = "mse"
    code_noise: NonNegativeFloat = 0.0
    settle: float = Field(default=0.0, ge=0, lt=1)
    starts: PositiveInt = 1
    shares: list[PositiveFloat] | None = None

    @model_validator(mode="after")
    def _one_share_each(self) -> Settings:
        if self.shares is not None and len(self.shares) != len(self.packet_sizes):
            raise ValueError(f"shares = {self.shares} must have one entry per packet, {len(self.packet_sizes)}")
        return self

    def steps_of(self, packet: int, steps: int) -> tuple[int, int]:
        """Steps of a packet's training, of `steps` in the mean: with its encoder, and of the decoder alone."""
        if self.shares is not None:
            steps = round(steps * len(self.shares) * self.shares[packet] / sum(self.shares))
        growing = max(1, round(steps * (1 - self.settle)))
        return growing, max(0, steps - growing)


class Variant(Settings):
    """What one variant changes; an empty mapping is the PCA autoencoder of slides 33-37.

    method: pca_ae | linear_pca | nested_dropout | beta_vae. beta: weight of the β-VAE's divergence. encoder_times: the
    encoder's parameters as a multiple. steps: per packet, instead of the training's. seeds: how many of the seeds.
    """

    method: Literal["pca_ae", "linear_pca", "nested_dropout", "beta_vae"] = "pca_ae"
    beta: PositiveFloat | None = None
    encoder_times: PositiveInt = 1
    steps: PositiveInt | None = None
    seeds: PositiveInt | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Variant:
        if (self.method == "beta_vae") != (self.beta is not None):
            raise ValueError("beta belongs to method: beta_vae, and method: beta_vae needs one")
        if self.method != "pca_ae" and len(self.packet_sizes) != 1:
            raise ValueError(f"method: {self.method} trains one packet; packet_sizes = {self.packet_sizes}")
        return self


class TrainSet(Selection):
    """Variants of the autoencoder on one image set, those that are run among those that are defined."""

    variants: dict[Name, Variant]


class Train(TrainSet):
    """Autoencoders of ellipses, with the network and the training that all image sets share."""

    network: Network
    training: Training


class PostHoc(Settings):
    """Learn first, organise afterwards: a PCA autoencoder of the plain autoencoder's codes."""

    hidden: PositiveInt
    training: Training
