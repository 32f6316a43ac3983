"""Schema of params.yaml: the sections of all stages, and the checks between them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from latentspace.gan.params import Direct, DrawnSets, Generators, TrainRegressor, Zoo
from latentspace.gan.params import Train as TrainNeighbourhoods
from latentspace.images.params import Images, Sampling, Silhouettes
from latentspace.organise.params import ImageSets, PostHoc, Train
from latentspace.pipeline.compute import Device, Precision
from latentspace.pipeline.params import Section, parse, read_yaml
from latentspace.position.params import Ablation, Autoencoder, Decoder, Encoder
from latentspace.position.params import Theory as PositionTheory
from latentspace.size.params import Theory, TrainDisks, TrainSilhouettes


class Params(Section):
    """Content of params.yaml: one section per stage, under the stage's name."""

    seeds: list[int] = Field(min_length=1)
    device: Device
    precision: Precision
    launch: Annotated[str, StringConstraints(pattern="^(python|torchrun|fabric run)( |$)")]
    size_disks: Sampling
    size_silhouettes: Silhouettes
    size_train: TrainDisks
    size_train_silhouette: TrainSilhouettes
    size_theory: Theory
    position_theory: PositionTheory
    position_encoder: Encoder
    position_ablation: Ablation
    position_train_decoder: Decoder
    position_train_autoencoder: Autoencoder
    organise_images: Images
    organise_train: Train
    organise_set: ImageSets
    organise_post_hoc: PostHoc
    gan_zoo: Zoo
    gan_generator: Generators
    gan_avatars: DrawnSets
    gan_regressor: TrainRegressor
    gan_train: TrainNeighbourhoods
    gan_direct: Direct

    @model_validator(mode="after")
    def _generators_exist(self) -> Params:
        for name, variant in self.gan_train.variants.items():
            if variant.generator not in self.gan_generator.names:
                where = f"gan_train.variants.{name}.generator = {variant.generator!r}"
                raise ValueError(f"{where} is not in gan_generator.names")
        return self

    @model_validator(mode="after")
    def _sets_exist(self) -> Params:
        variants = self.organise_train.variants
        for name, variant in variants.items():
            if variant.images not in self.organise_images.names:
                raise ValueError(
                    f"organise_train.variants.{name}.images = {variant.images!r} is not in organise_images.names"
                )
        for name in self.organise_set.names:
            if name not in variants or variants[name].images != name:
                raise ValueError(
                    f"organise_set.names has {name!r}, but no variant {name} of organise_train has images {name}"
                )
        return self

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) != len(seeds) or min(seeds) < 0:
            raise ValueError(f"seeds = {seeds} must be distinct and ≥ 0")
        return seeds


def read_params(path: Path) -> Params:
    """Read and check params.yaml; raises ParamsError, one line per mistake."""
    return parse(Params, read_yaml(path))
