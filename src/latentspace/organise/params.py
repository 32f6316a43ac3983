"""Schema of the sections of params.yaml that belong to the organise chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, RootModel, field_validator, model_validator

from latentspace.pca.names import EncoderKind
from latentspace.pca.settings import Experiment, Network
from latentspace.pipeline.bounds import Batch, Distinct, SeedCount, Steps, Width, within
from latentspace.pipeline.params import Name, Section, Training
from latentspace.pipeline.seeds import seeds_of

Method = Literal["pca_ae", "afterwards", "linear_pca", "nested_dropout", "beta_vae", "beta_tcvae", "least_volume"]


class Variant(Experiment):
    """One variant of the autoencoder; the defaults are those of the PCA autoencoder of slides 33-37.

    Attributes:
        images: name of the image set.
        method: the PCA autoencoder or a baseline; `weight` of least volume is that of the volume.
        beta: weight of the β-VAE's divergence, or of the β-TCVAE's total correlation.
        encoder: bounded, or leaky_relu as in the authors' code.
        encoder_times: factor on the number of the encoder's parameters.
        plain_steps: of the plain autoencoder, with method: afterwards.
        plain_settle: share of these in which only its decoder is trained.
        hidden: width of the hidden layers between its codes and the components.
        steps: per packet, instead of the training's.
        batch_size: images per step, instead of the training's.
        seeds: number of the study's seeds that are used; None for all.
        min_seeds: trainings at least; if the study has fewer seeds, the smallest other ones are added.
    """

    images: Name
    method: Method = "pca_ae"
    beta: Annotated[float, within(1e-6, 1e6, "outside, one of the two terms of the loss is lost")] | None = None
    encoder: EncoderKind = "bounded"
    encoder_times: Annotated[int, within(1, 16, "the encoder of 10 components has 10 times the parameters")] = 1
    plain_steps: Steps | None = None
    plain_settle: float = Field(default=0.0, ge=0, lt=1)
    hidden: Width = 64
    steps: Steps | None = None
    batch_size: Batch | None = None
    seeds: SeedCount | None = None
    min_seeds: SeedCount | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Variant:
        if (self.method in ("beta_vae", "beta_tcvae")) != (self.beta is not None):
            raise ValueError("beta belongs to method: beta_vae and method: beta_tcvae, which need one")
        if self.seeds is not None and self.min_seeds is not None:
            raise ValueError("give seeds, at most so many, or min_seeds, at least so many")
        if (self.method == "afterwards") != (self.plain_steps is not None):
            raise ValueError("plain_steps belongs to method: afterwards, which needs it")
        if self.method != "afterwards" and self.plain_settle:
            raise ValueError("plain_settle belongs to method: afterwards")
        if self.method not in ("pca_ae", "afterwards") and len(self.packet_sizes) != 1:
            raise ValueError(f"method: {self.method} trains one packet; packet_sizes = {self.packet_sizes}")
        return self

    def seeds_of(self, seeds: Sequence[int]) -> list[int]:
        """The seeds with which this variant is trained: some of the study's, or more."""
        return seeds_of(seeds, self.seeds, self.min_seeds)


class Variants(RootModel[dict[Name, Variant]]):
    """Variants by name."""


# Names that the results on an image set give to something else.
RESERVED = {
    "ellipses": ("plain",),
    "disks": ("packets",),
    "centred": ("best", "best_weak", "best_strong"),
    "dial": ("covariance", "distance_correlation"),
}


class Train(Section):
    """The PCA autoencoder and its baselines: common network and training, and the variants."""

    network: Network
    training: Training
    variants: dict[Name, Variant] = Field(min_length=1)

    @field_validator("variants")
    @classmethod
    def _free_names(cls, variants: dict[str, Variant]) -> dict[str, Variant]:
        for name, variant in variants.items():
            if name in RESERVED.get(variant.images, ()):
                raise ValueError(f"{name}: the results on {variant.images} have this name already; choose another")
        return variants


class ImageSets(Section):
    """Image sets to compare with linear PCA, each with a variant of the same name; there may be none."""

    names: Annotated[list[Name], Distinct]
