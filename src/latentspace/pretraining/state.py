"""The state of a progressive training (networks, optimisers, progress), and its checkpoints."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from latentspace.gan.layers import BASE
from latentspace.gan.network import Generator
from latentspace.nn.fit import read_checkpoint, write_checkpoint
from latentspace.nn.streams import stream
from latentspace.pipeline.workers import rank
from latentspace.pretraining.discriminator import Discriminator
from latentspace.pretraining.recipe import Recipe

NETWORKS = ("generator", "discriminator", "average")


@dataclass
class State:
    """The complete state of a run, and its training curve so far.

    Attributes:
        generator: the generator in training.
        discriminator: the discriminator in training.
        average: running average of the generator, the product.
        scale: index of the current resolution, 0 for 4×4.
        step: number of steps done, over all scales.
        seen: number of real images shown at this scale.
        seconds: training time, over all sessions.
        history: rows of the training curve.
        optimisers: of the generator and of the discriminator.
    """

    generator: Generator
    discriminator: Discriminator
    average: Generator
    scale: int = 0
    step: int = 0
    seen: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    optimisers: tuple[torch.optim.Optimizer, ...] = ()

    @property
    def size(self) -> int:
        """Side of the images at the current scale, in pixels."""
        return int(BASE * 2**self.scale)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.generator.formatLayer.module.weight.device

    def to(self, device: torch.device) -> State:
        """Move the networks to a device; returns the same state."""
        for name in NETWORKS:
            getattr(self, name).to(device)
        return self


def start(recipe: Recipe, seed: int, scale: int = 0) -> State:
    """A state at the beginning of `scale`, with initial weights drawn from `seed`."""
    torch.manual_seed(seed)
    widths = recipe.widths[: scale + 1]
    generator = Generator(recipe.latent, widths)
    state = State(generator, Discriminator(widths), copy.deepcopy(generator).requires_grad_(False), scale)
    _optimise(state, recipe)
    return state


def _optimise(state: State, recipe: Recipe) -> None:
    betas = (recipe.betas[0], recipe.betas[1])
    state.optimisers = tuple(
        torch.optim.Adam(network.parameters(), recipe.learning_rate, betas, fused=True)
        for network in (state.generator, state.discriminator)
    )


def grow(state: State, recipe: Recipe, seed: int) -> None:
    """Advance to the next scale: add layers, with weights drawn from (seed, step), and reset the optimisers."""
    torch.manual_seed(stream(seed, state.step))
    width = recipe.widths[state.scale + 1]
    state.generator.grow(width)
    state.discriminator.grow(width)
    _grow_average(state, width)
    state.scale, state.seen = state.scale + 1, 0
    _optimise(state, recipe)


def _grow_average(state: State, width: int) -> None:
    """Add the new layers of the generator to the averaged one."""
    state.average.grow(width)
    for name in ("scaleLayers", "toRGBLayers"):
        new = getattr(state.generator, name)[-1].state_dict()
        getattr(state.average, name)[-1].load_state_dict(new)
    state.average.requires_grad_(False)


def save_checkpoint(folder: Path, state: State) -> None:
    """Write the state atomically; keeps the last two checkpoints, and the last one of every scale."""
    if rank() > 0:
        return
    names = ("scale", "step", "seen", "seconds", "history")
    stored: dict[str, Any] = {name: getattr(state, name) for name in names}
    stored |= {name: getattr(state, name).state_dict() for name in NETWORKS}
    stored["optimisers"] = [optimiser.state_dict() for optimiser in state.optimisers]
    write_checkpoint(folder / f"scale{state.scale}_{state.step:08d}.pt", stored)
    for old in sorted(folder.glob(f"scale{state.scale}_*.pt"))[:-2]:
        old.unlink()


def resume(folder: Path, recipe: Recipe, device: torch.device) -> State | None:
    """Read the newest undamaged checkpoint in `folder`, or None; damaged ones are renamed with a warning."""
    for path in sorted(folder.glob("scale*_*.pt"), reverse=True):
        try:
            return _restored(read_checkpoint(path), recipe, device)
        except Exception as error:  # a damaged file can fail in any way
            print(f"warning: {path}: damaged ({type(error).__name__}); falling back to the one before", flush=True)
            path.replace(path.with_suffix(".damaged"))
    return None


def _restored(stored: dict[str, Any], recipe: Recipe, device: torch.device) -> State:
    state = start(recipe, 0, stored["scale"]).to(device)
    for name in NETWORKS:
        getattr(state, name).load_state_dict(stored[name])
    for optimiser, values in zip(state.optimisers, stored["optimisers"], strict=True):
        optimiser.load_state_dict(values)
    state.step, state.seen = int(stored["step"]), int(stored["seen"])
    state.seconds, state.history = float(stored["seconds"]), list(stored["history"])
    return state
