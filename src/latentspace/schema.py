"""Schema of params.yaml: the sections of all stages, and the checks between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from latentspace.gan.params import Direct, DrawnSets, Formats, Generators, Inverted, TrainRegressor, Zoo
from latentspace.gan.params import Train as TrainNeighbourhoods
from latentspace.images.params import Disks, Images, Silhouettes
from latentspace.organise.params import ImageSets, Train
from latentspace.pipeline import bases
from latentspace.pipeline.bounds import Distinct, Seed
from latentspace.pipeline.compute import Device, Precision
from latentspace.pipeline.params import Launch, Section, lookup, parse
from latentspace.position.params import Ablation, Autoencoder, Decoder, Encoder
from latentspace.position.params import Theory as PositionTheory
from latentspace.size.params import Theory, TrainDisks, TrainSilhouettes

AVATAR = 64  # pixels, the side of drawn heads

# Keys of batch sizes, and of the numbers of examples from which a batch is drawn, of a list of numbers the smallest.
BATCHES = (
    ("size_train.training.batch_size", "size_disks.train_images"),
    ("size_train_silhouette.training.batch_size", "size_silhouettes.train_images"),
    ("position_ablation.training.batch_size", "position_ablation.train_positions"),
    ("position_train_decoder.training.batch_size", "position_train_decoder.positions"),
    ("position_train_decoder.training.batch_size", "position_train_decoder.positions_2d"),
    ("position_train_decoder.coordconv_batch_size", "position_train_decoder.positions"),
    ("position_train_decoder.coordconv_batch_size_2d", "position_train_decoder.positions_2d"),
    ("position_train_autoencoder.training.batch_size", "position_train_autoencoder.positions"),
    ("gan_regressor.training.batch_size", "gan_avatars.train_images"),
    ("gan_train.training.batch_size", "gan_train.images.train_images"),
    ("gan_direct.training.batch_size", "gan_avatars.train_images"),
)


class Params(Section):
    """Content of params.yaml: one section per stage, under the stage's name."""

    seeds: Annotated[list[Seed], Field(min_length=1, max_length=100), Distinct]
    device: Device
    precision: Precision
    launch: Launch
    size_disks: Disks
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
    gan_zoo: Zoo
    gan_generator: Generators
    gan_formats: Formats
    gan_avatars: DrawnSets
    gan_regressor: TrainRegressor
    gan_inversion: Inverted
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

    @model_validator(mode="after")
    def _batches_fit(self) -> Params:
        values = self.model_dump()
        for key, where in [*BATCHES, *self._other_batches()]:
            batch, found = lookup(values, key), lookup(values, where)
            count = min(found) if isinstance(found, list) else found
            if batch is not None and batch > count:
                raise ValueError(f"{key} = {batch} is more than {where} = {found}")
        return self

    def _other_batches(self) -> Iterator[tuple[str, str]]:
        """Pairs as in `BATCHES` that depend on variants."""
        for name in self.size_train.names:
            yield f"size_train.variants.{name}.batch_size", "size_disks.train_images"
        for name in self._sets():
            yield "organise_train.training.batch_size", f"organise_images.sets.{name}.train_images"
        for name, variant in self.organise_train.variants.items():
            where = f"organise_train.variants.{name}.batch_size"
            yield where, f"organise_images.sets.{variant.images}.train_images"

    def _sets(self) -> list[str]:
        return sorted({variant.images for variant in self.organise_train.variants.values()})

    @model_validator(mode="after")
    def _penalties_fit(self) -> Params:
        for section in ("organise_train", "gan_train", "gan_direct"):
            here = getattr(self, section)
            for name, settings in getattr(here, "variants", {"": here}).items():
                if settings.penalty == "distance_correlation" and here.training.batch_size < 4:
                    where = f"{section}.variants.{name}" if name else section
                    raise ValueError(f"{where}.penalty = 'distance_correlation' needs batches of 4 at least")
        return self

    @model_validator(mode="after")
    def _depths_fit(self) -> Params:
        for key, widths in self.size_train.network.widths.items():
            for where, section in (("size_disks", self.size_disks), ("size_silhouettes", self.size_silhouettes)):
                _check_depth(f"size_train.network.{key}", widths, f"{where}.image_size", section.image_size, whole=True)
        for key, widths in self.organise_train.network.widths.items():
            for name in self._sets():
                where, side = f"organise_images.sets.{name}.image_size", self.organise_images.sets[name].image_size
                _check_depth(f"organise_train.network.{key}", widths, where, side)
        for key, widths in self.gan_direct.network.widths.items():
            _check_depth(f"gan_direct.network.{key}", widths, "the side of an avatar", AVATAR)
        _check_depth("gan_regressor.widths", self.gan_regressor.widths, "the side of an avatar", AVATAR)
        return self

    @model_validator(mode="after")
    def _holes_fit(self) -> Params:
        """The evaluation of a hole needs test radii below, inside and above it."""
        sampling = self.size_disks
        apart = 2 * sampling.radius_max / sampling.test_images  # an interval of this length has a test radius
        for name in self.size_train.names:
            hole = self.size_train.variants[name].hole
            edges = (1.0, *hole, sampling.radius_max - 1) if hole else ()
            if any(high - low < apart for low, high in pairwise(edges)):
                text = f"1, hole and radius_max − 1 must be {apart:.2g} pixels apart, for test radii between them"
                raise ValueError(f"size_train.variants.{name}.hole = {hole}: {text}")
        return self


def _check_depth(key: str, widths: list[int], where: str, side: int, *, whole: bool = False) -> None:
    """Refuse a network that halves images more often than their side allows, or with `whole` not down to one pixel."""
    # In size_train there is one width less than levels; elsewhere the first level divides by 4.
    levels = side.bit_length() - 2
    if len(widths) > levels or (whole and len(widths) < levels):
        needs = f"{where} = {side} needs {'' if whole else 'at most '}{levels}"
        raise ValueError(f"{key} = {widths}: {len(widths)} widths, but {needs}")


def read_params(path: Path) -> Params:
    """Read and check params.yaml; raises ParamsError, one line per mistake."""
    return parse(Params, bases.read(path))
