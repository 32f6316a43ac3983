"""Training of a shipped generator: train on a data set, save in half precision, record the provenance."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd
import torch
from PIL import Image

from latentspace.gan.layers import BASE
from latentspace.images import labelled
from latentspace.nn import models
from latentspace.pipeline import files
from latentspace.pipeline.measured import measured
from latentspace.pipeline.stage import Stage
from latentspace.pretraining.progressive import train
from latentspace.pretraining.recipe import Recipe, Source
from latentspace.pretraining.state import State


def train_and_record(run: Stage, name: str, recipe: Recipe, source: Source, seed: int) -> None:
    """Body of the training stage: train on ``data/<name>.npz``, write ``products/<name>.*``, record the run."""
    data_path = run.input(f"data/{name}.npz")
    images = labelled.load(data_path).images
    run.dataset(name, data_path)
    recipe = recipe.of(source).up_to(images.shape[1])
    torch.set_flush_denormal(True)  # weights of a faded-out branch decay to denormals, which are slow
    state = train(images, recipe, seed=seed, checkpoints=run.checkpoints, compute=run.compute, label=name)
    ship(run, name, state)
    facts = provenance(state, recipe, source, files.md5(data_path), seed)
    files.write_json(run.output(f"products/{name}.json"), facts)
    record(run, state)
    megabytes = run.output(f"products/{name}.safetensors").stat().st_size / 1e6
    run.say(f"{state.step} steps in {state.seconds / 60:.0f} min, file of {megabytes:.1f} MB")


def ship(run: Stage, name: str, state: State) -> None:
    """Save the averaged generator in half precision and attach it to the run."""
    path = f"products/{name}.safetensors"
    average = copy.deepcopy(state.average)
    average.alpha = 0.0
    models.save(average.half(), run.output(path))
    run.model("generator", path, torch.zeros(1, average.latent))


def provenance(state: State, recipe: Recipe, source: Source, digest: str, seed: int) -> dict[str, Any]:
    """Provenance of a product: parameters, digest of the data, images shown, training time, licence."""
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


def record(run: Stage, state: State) -> None:
    """Record contact sheets by image size, the training curve, and the means of its last rows."""
    for size in (BASE * 2**k for k in range(state.scale + 1)):
        run.image("samples", size, Image.open(run.checkpoints / f"samples_{size}.png").convert("RGB"))
    table = pd.DataFrame(state.history).assign(seed=0)
    run.curves(table.to_dict("records"))
    last = table[["discriminator", "generator", "score_real", "score_fake"]].tail(10).mean()
    run.metrics(measured("", last.to_dict()))
