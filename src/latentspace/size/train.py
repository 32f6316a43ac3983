"""Training of one variant of the shape autoencoder, with all seeds in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from latentspace.images import scaled
from latentspace.images.scaled import ShapeDataset, without_hole
from latentspace.nn import distributed, models
from latentspace.nn.fit import fit
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.measured import Measured
from latentspace.pipeline.params import Training
from latentspace.pipeline.stage import Stage
from latentspace.pipeline.workers import side_by_side
from latentspace.size.measures import mse, respond
from latentspace.size.network import ShapeAutoencoder, ShapeObjective, build
from latentspace.size.params import Network, Variant


@dataclass(frozen=True)
class Trained:
    """Networks of one variant by seed, and their training curves (rows with seed, step, …)."""

    networks: dict[int, ShapeAutoencoder]
    curves: list[dict[str, float | int]]


def train_and_record(
    run: Stage, data_path: str, network: Network, training: Training, variant: Variant, models_folder: str
) -> None:
    """Body of a training stage: train all seeds, save the networks, record curves and test errors.

    Args:
        run: the stage.
        data_path: file of the data set.
        network: widths and slope of the autoencoder.
        training: schedule; a variant may override its steps and batch size.
        variant: the variant.
        models_folder: folder of the networks, one file per seed.
    """
    path = run.input(data_path)
    data = scaled.load(path)
    run.dataset(path.stem, path)
    seeds = variant.seeds_of(run.seeds)
    trained = train_seeds(data, network, training, variant, seeds, run.compute, run.checkpoints)
    models.save_seeds(trained.networks, run.output(models_folder))
    run.curves(trained.curves)
    errors = {seed: mse(respond(net, data.test).outputs, data.test) for seed, net in trained.networks.items()}
    run.metrics([Measured("", "test_mse", error, seed) for seed, error in errors.items()])
    run.model("autoencoder", f"{models_folder}/seed_{run.seeds[0]}.safetensors", models.to_batch(data.test[:2]))
    run.say("test MSE per pixel " + ", ".join(f"{error:.2e}" for error in errors.values()))


def train_seeds(
    data: ShapeDataset,
    network: Network,
    training: Training,
    variant: Variant,
    seeds: Sequence[int],
    compute: Compute,
    checkpoints: Path,
) -> Trained:
    """Train one network per seed on the variant's training set; raises `fit.Diverged`."""
    own = {"steps": variant.steps, "batch_size": variant.batch_size}
    training = training.model_copy(update={key: value for key, value in own.items() if value is not None})
    one = partial(_train_one, without_hole(data, variant.hole), network, training, variant, compute, checkpoints)
    distributed.prepare()
    results = side_by_side(one, seeds)
    networks = {seed: trained for seed, (trained, _) in zip(seeds, results, strict=True)}
    return Trained(
        networks, [{"seed": seed, **row} for seed, (_, curve) in zip(seeds, results, strict=True) for row in curve]
    )


def _train_one(
    data: ShapeDataset,
    config: Network,
    training: Training,
    variant: Variant,
    compute: Compute,
    checkpoints: Path,
    seed: int,
) -> tuple[ShapeAutoencoder, list[dict[str, float]]]:
    network = build(config, variant, data.train.shape[-1], seed)
    objective = ShapeObjective(network, variant.penalty, variant.weight, variant.encoder_rate)
    images = models.to_batch(data.train)
    folder, label = checkpoints / f"seed_{seed}", f"seed {seed}"
    curve = fit(objective, (images,), training, seed=seed, compute=compute, checkpoints=folder, label=label)
    return network.eval(), curve
