"""Trainings of the decoders of Diracs (slide 28): networks, positions and schedules."""

from __future__ import annotations

from collections.abc import Sequence

from latentspace.pipeline.params import Training
from latentspace.position.dataset import all_places, continuous
from latentspace.position.jobs import Job
from latentspace.position.networks import AnyDecoder, CoordConvDecoder, PositionDecoder
from latentspace.position.params import Decoder


def decoder_jobs(section: Decoder, seeds: Sequence[int]) -> list[Job[AnyDecoder]]:
    """Jobs for decoders from continuous and one-hot positions, and for CoordConv with equal parameters and time."""
    return [job for seed in seeds for job in [*_line_jobs(section, seed), *_image_jobs(section, seed)]]


def _line_jobs(section: Decoder, seed: int) -> list[Job[AnyDecoder]]:
    line = section.line
    config: dict[str, object] = {"image_size": line.image_size, "dimensions": 1, "widths": line.widths}
    full = continuous(section.positions[-1], line.image_size, 1, seed)
    sets = {"continuous": full, "one_hot": all_places(line.image_size, 1)}
    sets |= {f"continuous_{count}": continuous(count, line.image_size, 1, seed) for count in section.positions[:-1]}
    baseline = config | {"widths": section.coordconv_widths}
    batches = _batches(section, section.coordconv_batch_size)
    jobs: list[Job[AnyDecoder]] = [
        Job(name, seed, PositionDecoder, config, positions, section.training) for name, positions in sets.items()
    ]
    return [*jobs, Job("coordconv", seed, CoordConvDecoder, baseline, full, batches)]


def _image_jobs(section: Decoder, seed: int) -> list[Job[AnyDecoder]]:
    image, training = section.image, section.training
    config: dict[str, object] = {"image_size": image.image_size, "dimensions": 2, "widths": image.widths}
    full = continuous(section.positions_2d, image.image_size, 2, seed)
    baseline = config | {"widths": section.coordconv_widths_2d}
    batches = _batches(section, section.coordconv_batch_size_2d)
    return [
        Job("image_continuous", seed, PositionDecoder, config, full, training),
        Job("image_one_hot", seed, PositionDecoder, config, all_places(image.image_size, 2), training),
        Job("image_coordconv", seed, CoordConvDecoder, baseline, full, batches),
    ]


def _batches(section: Decoder, size: int) -> Training:
    """The same schedule with batches of another size."""
    return section.training.model_copy(update={"batch_size": size})


def decoder_kinds(section: Decoder) -> dict[str, type[AnyDecoder]]:
    """The class of each network of `decoder_jobs`, by name."""
    return {job.name: job.network for job in decoder_jobs(section, [0])}
