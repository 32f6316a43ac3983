"""The experiments of the position chapter: what each stage trains, and what it computes from the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Literal, get_args

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from latentspace.core.models import load_seeds, parameter_count
from latentspace.core.parallel import side_by_side
from latentspace.core.params import Training
from latentspace.core.stage import Stage
from latentspace.position import encoder
from latentspace.position.dataset import Positions, continuous, held_out, whole
from latentspace.position.measures import (
    Pictures,
    Values,
    affine_r2,
    diracs,
    evaluate,
    peak_error,
    relative_l2,
    rms,
    spearman,
)
from latentspace.position.network import (
    AnyDecoder,
    CoordConvDecoder,
    Halving,
    PositionAutoencoder,
    PositionDecoder,
    PositionEncoder,
)
from latentspace.position.params import Ablation, Adam, Autoencoder, Decoder, Encoder
from latentspace.position.training import Job, train, train_lbfgs

RESOLUTION = 1e-6  # pixels; smaller errors are rounding, and ratios to them would say nothing
STARTS = {"positive": encoder.positive_taps, "random": encoder.random_taps}


@dataclass(frozen=True)
class LearntEncoder:
    """A learnt encoder with what it was learnt from and how it does on held-out continuous positions."""

    dimensions: int
    levels: int
    seed: int
    learnt: encoder.Learnt
    rmse: float


def learn_encoders(section: Encoder, seeds: Sequence[int]) -> list[LearntEncoder]:
    """L-BFGS from positive taps for every L in 1-D and 2-D and every seed (slide 27)."""
    plan = [(1, levels) for levels in section.levels] + [(2, levels) for levels in section.levels_2d]
    by_seed = side_by_side(partial(_learn_plan, section, plan), seeds)
    return [one for group in by_seed for one in group]


def _learn_plan(section: Encoder, plan: Sequence[tuple[int, int]], seed: int) -> list[LearntEncoder]:
    found = []
    for dimensions, levels in plan:
        learnt = encoder.learn(encoder.positive_taps(levels, dimensions, seed), section.lbfgs)
        positions = held_out(section.test_positions, 2**levels, dimensions)
        found.append(LearntEncoder(dimensions, levels, seed, learnt, encoder.rmse(learnt.taps, positions)))
    return found


def encoder_numbers(found: Sequence[LearntEncoder]) -> dict[str, float]:
    """Errors in pixels and of the normalised taps, by dimension, L and seed."""
    metrics = {}
    for one in found:
        name = "trained" if one.dimensions == 1 else "trained_2d"
        metrics[f"{name}.rmse_px_L{one.levels}/seed_{one.seed}"] = one.rmse
        metrics[f"{name}.tap_error_L{one.levels}/seed_{one.seed}"] = encoder.tap_error(one.learnt.taps)
        metrics[f"{name}.iterations_L{one.levels}/seed_{one.seed}"] = len(one.learnt.curve) - 1
    return metrics


def stall(section: Encoder, seeds: Sequence[int]) -> dict[str, dict[int, list[float]]]:
    """Error in pixels over the iterations, by optimizer and start: where Adam stalls and L-BFGS does not."""
    curves = side_by_side(partial(_stall_one, section), seeds)
    return {name: {seed: curve[name] for seed, curve in zip(seeds, curves, strict=True)} for name in curves[0]}


def _stall_one(section: Encoder, seed: int) -> dict[str, list[float]]:
    starts = {name: start(section.adam.levels, 1, seed) for name, start in STARTS.items()}
    found = {f"adam_{name}": adam(start, section.adam) for name, start in starts.items()}
    return found | {f"lbfgs_{name}": encoder.learn(start, section.lbfgs).curve for name, start in starts.items()}


def adam(start: encoder.Taps, settings: Adam) -> list[float]:
    """Rms error in pixels after every step of full-batch Adam in float64: no noise and no rounding to blame."""
    taps, scale = start.copy(), 2.0 ** len(start)
    wanted = encoder.target(len(start), 1) / scale
    mean, square, curve = np.zeros_like(taps), np.zeros_like(taps), []
    for step in range(1, settings.steps + 1):
        error, gradient = encoder.loss(taps, wanted)
        curve.append(scale * float(np.sqrt(error)))
        mean += 0.1 * (gradient - mean)
        square += 0.001 * (gradient**2 - square)
        rate = settings.learning_rate * (1 + np.cos(np.pi * step / settings.steps)) / 2
        taps -= rate * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return curve


def stall_numbers(curves: Mapping[str, Mapping[int, Sequence[float]]], levels: int) -> dict[str, float]:
    """Final error in pixels, by optimizer, start and seed."""
    return {
        f"stall.{name}.rmse_px_L{levels}/seed_{seed}": curve[-1]
        for name, by_seed in curves.items()
        for seed, curve in by_seed.items()
    }


@dataclass(frozen=True)
class Halved:
    """An encoder of the ablation, and its error in pixels at every test position."""

    network: PositionEncoder
    errors: Values


def ablate(section: Ablation, seeds: Sequence[int]) -> dict[str, dict[str, dict[int, Halved]]]:
    """Every way to halve the length, by optimizer (`adam`, `lbfgs`) and seed, from the same start at equal budget."""
    plan = list(product(get_args(Halving), seeds))
    results = side_by_side(partial(_ablate_one, section), plan)
    found: dict[str, dict[str, dict[int, Halved]]] = {}
    for (halving, seed), by_optimizer in zip(plan, results, strict=True):
        for name, halved in by_optimizer.items():
            found.setdefault(halving, {}).setdefault(name, {})[seed] = halved
    return found


def _ablate_one(section: Ablation, item: tuple[str, int]) -> dict[str, Halved]:
    halving, seed = item
    size = 2**section.levels
    positions = continuous(section.train_positions, size, 1, seed)
    config: dict[str, object] = {"levels": section.levels, "halving": halving}
    job = Job(halving, seed, PositionEncoder, config, positions, section.training)
    by_adam, _ = train(job)
    assert isinstance(by_adam, PositionEncoder)
    test = held_out(section.test_positions, size, 1)
    trained = {"adam": by_adam.double(), "lbfgs": train_lbfgs(job, section.lbfgs)}
    return {name: Halved(network, label_errors(network, test)) for name, network in trained.items()}


@torch.inference_mode()
def label_errors(network: PositionEncoder, positions: Positions) -> Values:
    """2^L E(δ_a) − (2^L − a) at every position, in pixels, in float64; the network answers in units of its length."""
    size = 2 ** len(network.taps)
    answers = network(torch.as_tensor(diracs(positions, size))).numpy()
    return size * answers - (size - positions[:, 0])


def best_rmse(by_optimizer: Mapping[str, Mapping[int, Halved]], seed: int) -> float:
    """Error in pixels of the better of the two optimizers: a bad match with one is not held against a network."""
    return min(rms(by_seed[seed].errors) for by_seed in by_optimizer.values())


def ablation_numbers(found: Mapping[str, Mapping[str, Mapping[int, Halved]]]) -> dict[str, float]:
    """Error in pixels by way of halving, optimizer and seed; the ratio of the better ones to the strided encoder's."""
    metrics = {}
    for halving, by_optimizer in found.items():
        for name, by_seed in by_optimizer.items():
            for seed, halved in by_seed.items():
                metrics[f"{halving}.{name}.rmse_px/seed_{seed}"] = rms(halved.errors)
                best = best_rmse(by_optimizer, seed)
                metrics[f"{halving}.rmse_px/seed_{seed}"] = best
                reference = best_rmse(found["stride"], seed)
                metrics[f"{halving}.rmse_ratio/seed_{seed}"] = max(best, RESOLUTION) / max(reference, RESOLUTION)
    return metrics


def decoder_jobs(section: Decoder, seeds: Sequence[int]) -> list[Job]:
    """Decoders from continuous and from one-hot positions, and CoordConv at equal parameters and at equal time."""
    return [job for seed in seeds for job in [*_line_jobs(section, seed), *_image_jobs(section, seed)]]


def _line_jobs(section: Decoder, seed: int) -> list[Job]:
    line = section.line
    ours: dict[str, object] = {"image_size": line.image_size, "dimensions": 1, "widths": line.widths}
    full = continuous(section.positions[-1], line.image_size, 1, seed)
    sets = {"continuous": full, "one_hot": whole(line.image_size, 1)}
    sets |= {f"continuous_{count}": continuous(count, line.image_size, 1, seed) for count in section.positions[:-1]}
    rival = ours | {"widths": section.coordconv_widths}
    return [
        *(Job(name, seed, PositionDecoder, ours, a, section.training) for name, a in sets.items()),
        Job("coordconv", seed, CoordConvDecoder, rival, full, _batches(section, section.coordconv_batch_size)),
    ]


def _image_jobs(section: Decoder, seed: int) -> list[Job]:
    image, training = section.image, section.training
    ours: dict[str, object] = {"image_size": image.image_size, "dimensions": 2, "widths": image.widths}
    full = continuous(section.positions_2d, image.image_size, 2, seed)
    rival = ours | {"widths": section.coordconv_widths_2d}
    return [
        Job("image_continuous", seed, PositionDecoder, ours, full, training),
        Job("image_one_hot", seed, PositionDecoder, ours, whole(image.image_size, 2), training),
        Job("image_coordconv", seed, CoordConvDecoder, rival, full, _batches(section, section.coordconv_batch_size_2d)),
    ]


def _batches(section: Decoder, size: int) -> Training:
    """The same schedule with batches of another size."""
    return section.training.model_copy(update={"batch_size": size})


def decoder_kinds(section: Decoder) -> dict[str, type[AnyDecoder]]:
    """The trainings of `decoder_jobs`, by name, with the class of each."""
    return {job.name: job.network for job in decoder_jobs(section, [0])}  # type: ignore[misc]


@dataclass(frozen=True)
class Placed:
    """What decoders make of the held-out positions: outputs by name and seed, against the wanted pictures."""

    positions: dict[int, Positions]  # by dimension
    wanted: dict[int, Pictures]
    outputs: dict[str, dict[int, Pictures]]
    parameters: dict[str, int]

    def target(self, name: str) -> Pictures:
        """The wanted pictures of training `name`."""
        return self.wanted[2 if name.startswith("image_") else 1]


def place(run: Stage, section: Decoder) -> Placed:
    """Outputs of all trained decoders at the held-out positions."""
    sizes = {1: section.line.image_size, 2: section.image.image_size}
    positions = {d: held_out(section.test_positions, n, d) for d, n in sizes.items()}
    outputs: dict[str, dict[int, Pictures]] = {}
    parameters = {}
    for name, kind in decoder_kinds(section).items():
        networks = load_seeds(run.input(f"models/position/decoder/{name}"), run.seeds, kind)
        for seed, network in networks.items():
            outputs.setdefault(name, {})[seed] = evaluate(network, positions[network.dimensions])
            parameters[name] = parameter_count(network)
    return Placed(positions, {d: diracs(a, sizes[d]) for d, a in positions.items()}, outputs, parameters)


def decoder_numbers(placed: Placed) -> dict[str, float]:
    """Relative L2, peak error in pixels and number of parameters, by training and seed."""
    metrics: dict[str, float] = {}
    for name, by_seed in placed.outputs.items():
        metrics[f"decoder.{name}.parameters"] = float(placed.parameters[name])
        for seed, outputs in by_seed.items():
            metrics[f"decoder.{name}.relative_l2/seed_{seed}"] = relative_l2(outputs, placed.target(name))
            metrics[f"decoder.{name}.peak_error_px/seed_{seed}"] = peak_error(outputs, placed.target(name))
    return metrics


def decoder_table(section: Decoder, metrics: Mapping[str, float], seeds: Sequence[int]) -> pd.DataFrame:
    """Errors of every decoder, one row per training and seed, with what it was trained on."""
    rows = []
    for job in decoder_jobs(section, seeds):
        measured = ("relative_l2", "peak_error_px")
        errors = {name: metrics[f"decoder.{job.name}.{name}/seed_{job.seed}"] for name in measured}
        size = {"positions": len(job.positions), "parameters": metrics[f"decoder.{job.name}.parameters"]}
        rows.append({"name": job.name, "seed": job.seed, **size, **errors})
    return pd.DataFrame(rows)


Start = Literal["averaging", "random"]
# Every autoencoder, by name: d, and how its encoder starts. The first is the one that the run shows.
AUTOENCODERS: dict[str, tuple[int, Start]] = {
    "line": (1, "averaging"),
    "line_random": (1, "random"),
    "image": (2, "averaging"),
    "image_random": (2, "random"),
}


def autoencoder_jobs(section: Autoencoder, seeds: Sequence[int]) -> list[Job]:
    """Autoencoders of Diracs on a line (d = 1) and in images (d = 2), from either start of the encoder."""
    return [_autoencoder_job(section, name, seed) for seed, name in product(seeds, AUTOENCODERS)]


def _autoencoder_job(section: Autoencoder, name: str, seed: int) -> Job:
    dimensions, start = AUTOENCODERS[name]
    place = section.line if dimensions == 1 else section.image
    config: dict[str, object] = {"image_size": place.image_size, "dimensions": dimensions, "widths": place.widths}
    config["encoder_width"] = section.encoder_width
    positions = continuous(section.positions, place.image_size, dimensions, seed)
    return Job(name, seed, PositionAutoencoder, config, positions, section.training, section.encoder_rate, start)


@dataclass(frozen=True)
class Coded:
    """Held-out positions, their pictures, and what the autoencoders of one name make of them, by seed."""

    positions: Positions
    pictures: Pictures
    codes: dict[int, Float[np.ndarray, "m d"]]
    outputs: dict[int, Pictures]


def code(run: Stage, section: Autoencoder) -> dict[str, Coded]:
    """Codes and outputs of all trained autoencoders at held-out positions, by name."""
    return {name: _code(run, section, name) for name in AUTOENCODERS}


def _code(run: Stage, section: Autoencoder, name: str) -> Coded:
    dimensions, _ = AUTOENCODERS[name]
    size = (section.line if dimensions == 1 else section.image).image_size
    positions = held_out(section.test_positions, size, dimensions)
    pictures = diracs(positions, size)
    networks = load_seeds(run.input(f"models/position/autoencoder/{name}"), run.seeds, PositionAutoencoder)
    codes = {seed: evaluate(network.encode, pictures) for seed, network in networks.items()}
    outputs = {seed: evaluate(network.decode, codes[seed]) for seed, network in networks.items()}
    return Coded(positions, pictures, codes, outputs)


def autoencoder_numbers(found: Mapping[str, Coded]) -> dict[str, float]:
    """How well pictures come back, and how the code relates to the position that nobody told it.

    `position_r2` is the share of the position's variance that an affine function of the code explains; on a line,
    `spearman` is 1 when the code is a monotone function of the position.
    """
    metrics = {}
    for name, coded in found.items():
        for seed, codes in coded.codes.items():
            outputs, a = coded.outputs[seed], coded.positions
            metrics[f"autoencoder.{name}.relative_l2/seed_{seed}"] = relative_l2(outputs, coded.pictures)
            metrics[f"autoencoder.{name}.peak_error_px/seed_{seed}"] = peak_error(outputs, coded.pictures)
            metrics[f"autoencoder.{name}.position_r2/seed_{seed}"] = affine_r2(codes, a)
            if a.shape[1] == 1:
                metrics[f"autoencoder.{name}.spearman/seed_{seed}"] = spearman(codes[:, 0], a[:, 0])
    return metrics


def correlations(coded: Coded, seed: int) -> pd.DataFrame:
    """Pearson correlations among the coordinates of the position and the components of the code, labelled."""
    axes = ["position"] if coded.positions.shape[1] == 1 else ["row", "column"]
    columns = np.column_stack([coded.positions, coded.codes[seed]])
    labels = [*axes, *(f"code {k}" for k in range(1, len(axes) + 1))]
    return pd.DataFrame(np.corrcoef(columns.T), index=labels, columns=labels)
