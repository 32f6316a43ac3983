"""Progressive training of a generator: one resolution after another, each fading in over the one before.

Non-saturating logistic loss with a lazy gradient penalty on real images (Mescheder et al. 2018), Adam afresh at every
scale, and an averaged generator, which is the product. Everything random in a step comes from (seed, step), so the
state of a run is its weights, its optimisers and a few numbers, and a run that is killed and repeated, on whatever day,
ends in the same weights as one that was not. Several processes share every batch (core/distributed.py).

Source: Karras et al. 2018, sections 2 and A; slide 41.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from latentspace.core import distributed, memory
from latentspace.core.compute import CPU, Compute
from latentspace.core.files import atomic
from latentspace.core.fit import Diverged, read_checkpoint, stream, write_checkpoint
from latentspace.core.parallel import rank
from latentspace.gan.network import BASE, Discriminator, Generator, fade
from latentspace.gan.pretraining.dataset import Pixels, centred, contact_sheet, pooled, to_pixels
from latentspace.gan.pretraining.params import Recipe, Scale

SAMPLES, COLUMNS = 96, 16  # of a contact sheet
HISTORY_EVERY = 100  # steps between rows of the training curve


@dataclass
class State:
    """All that a run is: networks, optimisers, where it stands, and its curve so far.

    Attributes:
        scale: index of the resolution in training, 0 for 4×4.
        step: steps done, over all scales.
        seen: real images shown at this scale.
        seconds: time spent in training, over all sessions.
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
        """Side of the images in training, in pixels."""
        return int(BASE * 2**self.scale)


def start(recipe: Recipe, seed: int, scale: int = 0) -> State:
    """A run that begins at `scale` with fresh weights, those of all seeds differing."""
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
    """Go on to the next scale: new layers, drawn from (seed, step), and new optimisers."""
    torch.manual_seed(stream(seed, state.step))
    width = recipe.widths[state.scale + 1]
    state.generator.grow(width)
    state.discriminator.grow(width)
    _grow_average(state, width)
    state.scale, state.seen = state.scale + 1, 0
    _optimise(state, recipe)


def _grow_average(state: State, width: int) -> None:
    """Give the averaged generator the new layers of the one in training."""
    state.average.grow(width)
    for name in ("scaleLayers", "toRGBLayers"):
        new = getattr(state.generator, name)[-1].state_dict()
        getattr(state.average, name)[-1].load_state_dict(new)
    state.average.requires_grad_(False)


def alpha_at(scale: Scale, seen: int) -> float:
    """Share of the scale before after `seen` images: 1 falls to 0 over ``scale.fade`` images."""
    return max(0.0, 1 - seen / scale.fade) if scale.fade else 0.0


def rate_at(recipe: Recipe, scale: int, seen: int) -> float:
    """Learning rate: constant, and over the last `decay` share of the last scale falling linearly to zero."""
    total = recipe.scales[scale].fade + recipe.scales[scale].steady
    if scale + 1 < len(recipe.scales) or not recipe.decay:
        return recipe.learning_rate
    return recipe.learning_rate * min(1.0, (1 - seen / total) / recipe.decay)


def penalty(scores: Float[Tensor, " batch"], images: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, ""]:
    """R1: mean squared norm of ∂D/∂x on real images, over two, differentiable."""
    (slope,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return slope.float().square().sum((1, 2, 3)).mean() / 2


def batch_at(
    data: UInt8[Tensor, "n 3 size size"], recipe: Recipe, state: State, seed: int, dtype: torch.dtype = torch.float32
) -> tuple[Float[Tensor, "batch 3 size size"], Float[Tensor, "batch latent"]]:
    """Real images (blended with their coarser selves while the scale fades in) and latents, by (seed, step).

    Of several processes each gets its slice; a discriminator looks at groups of 4, so slices should hold whole groups.
    """
    scale = recipe.scales[state.scale]
    random = torch.Generator().manual_seed(stream(seed, state.step))
    rows = distributed.mine(torch.randint(len(data), (scale.batch,), generator=random))
    z = distributed.mine(torch.randn(scale.batch, recipe.latent, generator=random))
    real = centred(data[rows])
    alpha = alpha_at(scale, state.seen)
    if alpha > 0:
        real = fade(real, F.interpolate(F.avg_pool2d(real, 2), scale_factor=2.0, mode="nearest"), alpha)
    device = state.generator.formatLayer.module.weight.device
    return real.to(device, dtype), z.to(device, dtype)


def train_step(state: State, recipe: Recipe, real: Tensor, z: Tensor) -> dict[str, Tensor]:
    """One update of the discriminator, one of the generator on the same latents, one of the averaged generator."""
    scale = recipe.scales[state.scale]
    lazy = scale.r1 > 0 and state.step % recipe.r1_every == 0
    fake = state.generator(z)
    scores_real, scores_fake = state.discriminator(real.requires_grad_(lazy)), state.discriminator(fake.detach())
    loss = F.softplus(-scores_real).mean() + F.softplus(scores_fake).mean()
    parts = {"discriminator": loss, "score_real": scores_real.mean(), "score_fake": scores_fake.mean()}
    if lazy:
        parts["r1"] = penalty(scores_real, real)
        loss = loss + scale.r1 * recipe.r1_every * parts["r1"]
    _update(state.optimisers[1], loss)
    state.discriminator.requires_grad_(False)
    parts["generator"] = F.softplus(-state.discriminator(fake)).mean()
    _update(state.optimisers[0], parts["generator"])
    state.discriminator.requires_grad_(True)
    _follow(state, recipe, scale.batch)
    return {name: value.detach() for name, value in parts.items()}


def _update(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    distributed.average_gradients(parameter for group in optimiser.param_groups for parameter in group["params"])
    optimiser.step()


@torch.no_grad()
def _follow(state: State, recipe: Recipe, batch: int) -> None:
    half_life = min(float(recipe.average), recipe.average_ramp * (state.seen + batch))
    new = 1 - 0.5 ** (batch / half_life)
    torch._foreach_lerp_(list(state.average.parameters()), list(state.generator.parameters()), new)


def train(
    images: Pixels, recipe: Recipe, *, seed: int, checkpoints: Path, compute: Compute = CPU, label: str = ""
) -> State:
    """Train through all scales; resumes from the newest sound checkpoint.

    Args:
        images: the training set, its side at least that of the last scale.
        recipe: scales, lengths, rates.
        seed: of weights, batches and latents.
        checkpoints: folder of checkpoints, previews and the contact sheet of each scale.
        compute: where, and in which arithmetic.
        label: name beside the progress bar, which appears on terminals only.

    Returns:
        The finished run; ``average`` is the product, on the CPU.

    Raises:
        ValueError: when the images are too small, or the processes cannot share a batch evenly.
        Diverged: when a loss is not finite; the last checkpoint stays.
    """
    for scale in recipe.scales:
        distributed.check_batch(scale.batch)
    if images.shape[1] < BASE * 2 ** (len(recipe.scales) - 1):
        raise ValueError(f"images of {images.shape[1]} pixels are smaller than the last of {len(recipe.scales)} scales")
    fabric = distributed.start(compute.device)
    state = resume(checkpoints, recipe, fabric.device) or _placed(start(recipe, seed), fabric.device)
    while True:
        data = pooled(images, state.size)
        train_scale(state, data, recipe, compute, seed=seed, checkpoints=checkpoints, label=label)
        if state.scale + 1 == len(recipe.scales):
            state.average.to("cpu")
            fabric.barrier()  # the first process has written everything
            return state
        grow(state, recipe, seed)


def _placed(state: State, device: torch.device) -> State:
    for network in (state.generator, state.discriminator, state.average):
        network.to(device)
    return state


@memory.kept()
def train_scale(
    state: State,
    data: UInt8[Tensor, "n 3 size size"],
    recipe: Recipe,
    compute: Compute,
    *,
    seed: int,
    checkpoints: Path,
    label: str,
) -> None:
    """Train the present scale to its end, with checkpoints; then write its contact sheet ``samples_<size>.png``."""
    scale = recipe.scales[state.scale]
    steps = math.ceil((scale.fade + scale.steady) / scale.batch)
    done = state.seen // scale.batch
    begun, before = time.monotonic(), state.seconds
    bar = tqdm(total=steps, initial=done, desc=f"{label} {state.size}²", disable=None, leave=False, mininterval=1)
    for step in range(done, steps):
        _set_step(state, recipe)
        parts = train_step(state, recipe, *batch_at(data, recipe, state, seed, compute.dtype_of_generators))
        state.step, state.seen = state.step + 1, state.seen + scale.batch
        state.seconds = before + time.monotonic() - begun
        if state.step % HISTORY_EVERY == 0 or step + 1 == steps:
            _record(state, parts, seed)
        if state.step % recipe.checkpoint_every == 0 or step + 1 == steps:
            save_checkpoint(checkpoints, state)
            write_sheet(checkpoints / "latest.png", state.average, seed)
        bar.update()
    bar.close()
    write_sheet(checkpoints / f"samples_{state.size}.png", state.average, seed)


def _set_step(state: State, recipe: Recipe) -> None:
    alpha = alpha_at(recipe.scales[state.scale], state.seen)
    for network in (state.generator, state.discriminator, state.average):
        network.alpha = alpha
    for optimiser in state.optimisers:
        optimiser.param_groups[0]["lr"] = rate_at(recipe, state.scale, state.seen)


def _record(state: State, parts: dict[str, Tensor], seed: int) -> None:
    row = distributed.averaged({name: value for name, value in parts.items() if name != "r1"})
    if not all(map(math.isfinite, row.values())):
        raise Diverged(state.step, seed)
    state.history.append({"step": float(state.step), "size": float(state.size), "alpha": state.generator.alpha, **row})


@torch.no_grad()
def samples(generator: Generator, count: int, seed: int) -> Pixels:
    """Images of `count` latents drawn from `seed`, shape (count, size, size, 3)."""
    z = torch.randn(count, generator.latent, generator=torch.Generator().manual_seed(seed))
    device = generator.formatLayer.module.weight.device
    return np.concatenate([to_pixels(generator(part.to(device)).cpu()) for part in z.split(16)])


def write_sheet(path: Path, generator: Generator, seed: int) -> None:
    """Write a contact sheet of 96 samples, each at least 64 pixels a side."""
    if rank() > 0:
        return
    sheet = contact_sheet(samples(generator, SAMPLES, seed), COLUMNS)
    larger = max(1, 64 // generator.size)
    with atomic(path) as temporary:
        Image.fromarray(sheet.repeat(larger, 0).repeat(larger, 1)).save(temporary)


def save_checkpoint(folder: Path, state: State) -> None:
    """Write the whole state, or nothing; keeps it, the one before, and the last of every scale."""
    if rank() > 0:
        return
    names = ("scale", "step", "seen", "seconds", "history")
    stored: dict[str, Any] = {name: getattr(state, name) for name in names}
    stored |= {name: getattr(state, name).state_dict() for name in ("generator", "discriminator", "average")}
    stored["optimisers"] = [optimiser.state_dict() for optimiser in state.optimisers]
    write_checkpoint(folder / f"scale{state.scale}_{state.step:08d}.pt", stored)
    for old in sorted(folder.glob(f"scale{state.scale}_*.pt"))[:-2]:
        old.unlink()


def resume(folder: Path, recipe: Recipe, device: torch.device) -> State | None:
    """The newest sound checkpoint under `folder`, or None; a damaged one is set aside with a warning."""
    for path in sorted(folder.glob("scale*_*.pt"), reverse=True):
        try:
            stored = read_checkpoint(path)
            state = _placed(start(recipe, 0, stored["scale"]), device)
            for name in ("generator", "discriminator", "average"):
                getattr(state, name).load_state_dict(stored[name])
            for optimiser, values in zip(state.optimisers, stored["optimisers"], strict=True):
                optimiser.load_state_dict(values)
            state.step, state.seen = int(stored["step"]), int(stored["seen"])
            state.seconds, state.history = float(stored["seconds"]), list(stored["history"])
        except Exception as error:  # a damaged file can fail in any way
            print(f"warning: {path}: damaged ({type(error).__name__}); falling back to the one before", flush=True)
            path.replace(path.with_suffix(".damaged"))
            continue
        return state
    return None
