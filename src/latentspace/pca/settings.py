"""Settings of the PCA autoencoder in params.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, PositiveInt, Tag, model_validator

from latentspace.pca.names import PenaltyName, Reconstruction
from latentspace.pipeline.bounds import Weight, Widths, within
from latentspace.pipeline.params import Section, shortened

Share = Annotated[float, within(1e-6, 1e6, "a packet's share of the steps, relative to that of the others")]
Noise = Annotated[
    float, within(1e-6, 10, "in units of the components' deviation; less has no effect, more hides them", or_zero=True)
]
# With a discriminator, a mistake is one line instead of one for each type that the value might have had.
NoiseOfPackets = Annotated[
    Annotated[Noise, Tag("number")] | Annotated[list[Noise], Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "number"),
]
MOST_COMPONENTS = 10


class Network(Section):
    """Channels of the encoder and decoder of images."""

    encoder_widths: Widths
    decoder_widths: Widths

    @property
    def widths(self) -> dict[str, list[int]]:
        """Both lists of widths by their keys."""
        return {"encoder_widths": self.encoder_widths, "decoder_widths": self.decoder_widths}


class Settings(Section):
    """Packets, penalty, error and schedule of a PCA autoencoder; see the arguments of `PCAAutoencoder`."""

    packet_sizes: list[PositiveInt] = Field(default=[1, 1, 1], min_length=1)
    weight: Weight = 1.0
    penalty: PenaltyName = "covariance"
    reconstruction: Reconstruction = "mse"
    code_noise: NoiseOfPackets = 0.0
    settle: float = Field(default=0.0, ge=0, lt=1)
    deflate: bool = False
    restarts: Annotated[int, within(1, 100, "each restart trains for 15 % of the packet's steps")] = 1
    shares: list[Share] | None = None

    @model_validator(mode="after")
    def _one_entry_each(self) -> Settings:
        for name in ("shares", "code_noise"):
            given = getattr(self, name)
            if isinstance(given, list) and len(given) != len(self.packet_sizes):
                raise ValueError(f"{name} = {given} must have one entry per packet, {len(self.packet_sizes)}")
        return self

    def noise_of(self, packet: int) -> float:
        """Deviation of the noise on the new components of a packet, numbered from 0."""
        return self.code_noise[packet] if isinstance(self.code_noise, list) else self.code_noise

    def steps_of(self, packet: int, steps: int) -> tuple[int, int]:
        """Numbers of steps of a packet with its encoder, and of its decoder alone; `steps` is the mean over packets."""
        if self.shares is not None:
            steps = round(steps * len(self.shares) * self.shares[packet] / sum(self.shares))
        growing = max(1, round(steps * (1 - self.settle)))
        return growing, max(0, steps - growing)


class Experiment(Settings):
    """Settings in params.yaml, whose figures show every component."""

    @model_validator(mode="after")
    def _few_components(self) -> Experiment:
        if (components := sum(self.packet_sizes)) > MOST_COMPONENTS:
            sizes = shortened(str(self.packet_sizes))
            raise ValueError(f"packet_sizes = {sizes}: {components} components; figures show 1 … {MOST_COMPONENTS}")
        return self
