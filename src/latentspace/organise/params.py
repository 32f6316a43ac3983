"""Schema of the sections of params.yaml that belong to the organise chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, RootModel, field_validator, model_validator

from latentspace.pca.settings import Experiment, Network
from latentspace.pipeline.bounds import Distinct, SeedCount, Steps, Width, within
from latentspace.pipeline.params import Name, Section, Training


class Variant(Experiment):
    """One variant of the autoencoder; the defaults are those of the PCA autoencoder of slides 33-37.

    Attributes:
        images: name of the image set.
        method: the PCA autoencoder or a baseline.
        beta: weight of the β-VAE's divergence.
        encoder_times: factor on the number of the encoder's parameters.
        steps: per packet, instead of the training's.
        seeds: number of the study's seeds that are used; None for all.
    """

    images: Name
    method: Literal["pca_ae", "linear_pca", "nested_dropout", "beta_vae"] = "pca_ae"
    beta: Annotated[float, within(1e-6, 1e6, "outside, one of the two terms of the loss is lost")] | None = None
    encoder_times: Annotated[int, within(1, 16, "the encoder of 10 components has 10 times the parameters")] = 1
    steps: Steps | None = None
    seeds: SeedCount | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Variant:
        if (self.method == "beta_vae") != (self.beta is not None):
            raise ValueError("beta belongs to method: beta_vae, and method: beta_vae needs one")
        if self.method != "pca_ae" and len(self.packet_sizes) != 1:
            raise ValueError(f"method: {self.method} trains one packet; packet_sizes = {self.packet_sizes}")
        return self

    def seeds_of(self, seeds: Sequence[int]) -> list[int]:
        """The study's seeds with which this variant is trained."""
        return list(seeds[: self.seeds])


class Variants(RootModel[dict[Name, Variant]]):
    """Variants by name."""


# Names that the results on an image set give to something else.
RESERVED = {
    "ellipses": ("post_hoc",),
    "disks": ("packets",),
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


class PostHoc(Experiment):
    """Settings of the PCA autoencoder of the plain autoencoder's codes: learn first, organise afterwards."""

    hidden: Width
    training: Training
