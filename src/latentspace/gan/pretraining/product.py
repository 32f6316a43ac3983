"""From a data set to a shipped generator: train, save in half precision, write down where it comes from."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

from latentspace.core import files, models
from latentspace.core.stage import Stage
from latentspace.gan.network import BASE
from latentspace.gan.pretraining import dataset
from latentspace.gan.pretraining.params import Recipe, Source
from latentspace.gan.pretraining.progressive import State, train


def train_and_record(run: Stage, name: str, recipe: Recipe, source: Source, seed: int) -> None:
    """The body of the training stage: train on ``data/<name>.npz``, ship ``products/<name>.*``, record the run."""
    data_path = run.input(f"data/{name}.npz")
    images = dataset.load(data_path).images
    run.dataset(name, data_path)
    torch.set_flush_denormal(True)  # a faded-out branch must not slow the processor down
    state = train(images, recipe, seed=seed, checkpoints=run.checkpoints, compute=run.compute, label=name)
    ship(run, name, state)
    facts = provenance(state, recipe, source, files.md5(data_path), seed)
    files.write_json(run.output(f"products/{name}.json"), facts)
    record(run, name, state)


def ship(run: Stage, name: str, state: State) -> None:
    """Save the averaged generator in half precision and have MLflow keep it."""
    path = f"products/{name}.safetensors"
    average = copy.deepcopy(state.average)
    average.alpha = 0.0
    models.save(average.half(), run.output(path))
    run.model("generator", path, torch.zeros(1, average.latent))


def provenance(state: State, recipe: Recipe, source: Source, digest: str, seed: int) -> dict[str, Any]:
    """What a product comes from: parameters, data digest, images shown, training time, licence."""
    shown = {str(BASE * 2**k): scale.fade + scale.steady for k, scale in enumerate(recipe.scales)}
    return {
        "params": recipe.model_dump(),
        "seed": seed,
        "data_md5": digest,
        "images_seen": sum(shown.values()),
        "images_seen_at_size": shown,
        "training_seconds": round(state.seconds),
        "generator_parameters": models.parameter_count(state.generator),
        "licence": source.licence,
    }


def record(run: Stage, name: str, state: State) -> None:
    """Contact sheets by size, training curve, and the few numbers that tell two runs apart."""
    for size in (BASE * 2**k for k in range(state.scale + 1)):
        run.image("samples", size, np.asarray(Image.open(run.checkpoints / f"samples_{size}.png").convert("RGB")))
    table = pd.DataFrame(state.history).assign(seed=0)
    run.curves(table.to_dict("records"))
    last = table.tail(10).mean()
    run.metrics({key: float(last[key]) for key in ("discriminator", "generator", "score_real", "score_fake")})
    run.say(f"{name}: {state.step} steps in {state.seconds / 60:.0f} min, asset of {_megabytes(run, name):.1f} MB")


def _megabytes(run: Stage, name: str) -> float:
    return Path(run.output(f"products/{name}.safetensors")).stat().st_size / 1e6
