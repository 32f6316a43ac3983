"""The schema of the whole of params.yaml, chapter by chapter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from latentspace.core.params import Device, Precision, Section, parse, read_yaml
from latentspace.gan.params import Direct, Generators, Regressor, Sizes, Zoo
from latentspace.gan.params import Train as TrainNeighbourhoods
from latentspace.organise.params import Images, PostHoc, Train, TrainSet
from latentspace.position.params import Ablation, Autoencoder, Decoder, Encoder
from latentspace.position.params import Theory as PositionTheory
from latentspace.size.params import Sampling, Silhouettes, Theory, TrainDisks, TrainSilhouettes


class Params(Section):
    """params.yaml: one section per stage, by the stage's name."""

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
    organise_train_disks: TrainSet
    organise_train_dial: TrainSet
    organise_train_set: TrainSet
    organise_post_hoc: PostHoc
    gan_zoo: Zoo
    gan_generator: Generators
    gan_avatars: Sizes
    gan_regressor: Regressor
    gan_train: TrainNeighbourhoods
    gan_direct: Direct

    @model_validator(mode="after")
    def _generators_exist(self) -> Params:
        for name in self.gan_train.names:
            generator = self.gan_train.variants[name].generator
            if generator not in self.gan_generator.names:
                raise ValueError(f"gan_train.variants.{name}.generator = {generator!r} is not in gan_generator.names")
        return self

    @model_validator(mode="after")
    def _sets_exist(self) -> Params:
        for name in self.organise_train_set.names:
            if name not in self.organise_images.names:
                raise ValueError(f"organise_train_set.names has {name!r}, which is not in organise_images.names")
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
