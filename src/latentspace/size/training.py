"""Train the seeds of one variant side by side, save and record them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from latentspace.core import distributed, models
from latentspace.core.compute import Compute
from latentspace.core.fit import fit
from latentspace.core.parallel import side_by_side
from latentspace.core.params import Training
from latentspace.core.stage import Stage
from latentspace.size import dataset
from latentspace.size.dataset import ShapeDataset, without_hole
from latentspace.size.measures import mse, respond
from latentspace.size.network import ShapeAutoencoder, ShapeObjective, build
from latentspace.size.params import Network, Variant


@dataclass(frozen=True)
class Trained:
    """The networks of one variant, one per seed, and their training curves (rows of seed, step, …)."""

    networks: dict[int, ShapeAutoencoder]
    curves: list[dict[str, float]]


def train_and_record(
    run: Stage, data_path: str, network: Network, training: Training, variant: Variant, models_folder: str
) -> None:
    """The body of a training stage: train all seeds, save the networks, record curves and test errors."""
    path = run.input(data_path)
    data = dataset.load(path)
    run.dataset(path.stem, path)
    trained = train_seeds(data, network, training, variant, run.seeds, run.compute, run.checkpoints)
    models.save_seeds(trained.networks, run.output(models_folder))
    run.curves(trained.curves)
    errors = {seed: mse(respond(net, data.test).outputs, data.test) for seed, net in trained.networks.items()}
    run.metrics({f"test_mse/seed_{seed}": error for seed, error in errors.items()})
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
    """Train one network per seed on the variant's training set."""
    own = {"steps": variant.steps, "batch_size": variant.batch_size}
    training = training.model_copy(update={key: value for key, value in own.items() if value is not None})
    one = partial(_train_one, without_hole(data, variant.hole), network, training, variant, compute, checkpoints)
    distributed.prepare()
    results = side_by_side(one, seeds)
    rows = [{"seed": seed, **row} for seed, (_, curve) in zip(seeds, results, strict=True) for row in curve]
    networks = {seed: trained for seed, (trained, _) in zip(seeds, results, strict=True)}
    return Trained(networks, rows)


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
