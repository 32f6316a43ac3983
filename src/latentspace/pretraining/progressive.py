"""Progressive training of a generator: resolution by resolution, each fading in over the previous one.

The loss is the non-saturating logistic one with a lazy gradient penalty on real images (Mescheder et al. 2018); Adam is
reset at every scale; the product is an averaged generator. All randomness in a step comes from (seed, step), so the
state of a run consists of its weights, its optimisers and a few numbers, and a run that is killed and resumed ends with
the same weights as an uninterrupted one. Several processes share every batch (nn/distributed.py).

Source: Karras et al. 2018, sections 2 and A; slide 41.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor
from tqdm import tqdm

from latentspace.gan.layers import BASE, fade
from latentspace.images.labelled import Pixels, centred, pooled
from latentspace.nn import distributed, memory
from latentspace.nn.fit import Diverged
from latentspace.nn.streams import stream
from latentspace.pipeline.compute import CPU, Compute
from latentspace.pipeline.tracking import live
from latentspace.pipeline.workers import processes
from latentspace.pretraining.captured import Captured
from latentspace.pretraining.recipe import Recipe, Scale
from latentspace.pretraining.samples import write_sheet
from latentspace.pretraining.state import State, grow, resume, save_checkpoint, start

HISTORY_EVERY = 100  # steps between rows of the training curve
ON_DEVICE = 2**33  # bytes of images that are kept on a GPU; larger sets stay on the CPU


def alpha_at(scale: Scale, seen: int) -> float:
    """Share of the previous scale after `seen` images, which falls from 1 to 0 over ``scale.fade`` images."""
    return max(0.0, 1 - seen / scale.fade) if scale.fade else 0.0


def rate_at(recipe: Recipe, scale: int, seen: int) -> float:
    """Learning rate: constant, then linear to zero over the last share ``recipe.decay`` of the last scale."""
    total = recipe.scales[scale].fade + recipe.scales[scale].steady
    if scale + 1 < len(recipe.scales) or not recipe.decay:
        return recipe.learning_rate
    return recipe.learning_rate * min(1.0, (1 - seen / total) / recipe.decay)


def penalty(scores: Float[Tensor, " batch"], images: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, ""]:
    """R1 penalty: half the mean squared norm of ∂D/∂x on real images, differentiable."""
    (slope,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return slope.float().square().sum((1, 2, 3)).mean() / 2


def batch_at(
    data: UInt8[Tensor, "n 3 size size"], recipe: Recipe, state: State, seed: int, dtype: torch.dtype = torch.float32
) -> tuple[Float[Tensor, "batch 3 size size"], Float[Tensor, "batch latent"]]:
    """The shard of this process of real images and latents, as a function of (seed, step).

    While a scale fades in, the images are blended with coarser versions. The minibatch deviation is computed over
    groups of 4 images, so the size of a shard should be a multiple of 4.
    """
    scale = recipe.scales[state.scale]
    random = torch.Generator().manual_seed(stream(seed, state.step))
    rows = distributed.shard(torch.randint(len(data), (scale.batch,), generator=random)).to(data.device)
    z = distributed.shard(torch.randn(scale.batch, recipe.latent, generator=random))
    real = centred(data[rows])
    alpha = alpha_at(scale, state.seen)
    if alpha > 0:
        real = fade(real, F.interpolate(F.avg_pool2d(real, 2), scale_factor=2.0, mode="nearest"), alpha)
    return real.to(state.device, dtype), z.to(state.device, dtype)


def is_lazy(state: State, recipe: Recipe) -> bool:
    """Whether a step has the gradient penalty."""
    return recipe.scales[state.scale].r1 > 0 and state.step % recipe.r1_every == 0


def update(state: State, recipe: Recipe, real: Tensor, z: Tensor) -> dict[str, Tensor]:
    """Update the discriminator, and the generator on the same latents; returns the losses."""
    scale, lazy = recipe.scales[state.scale], is_lazy(state, recipe)
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
    return {name: value.detach() for name, value in parts.items()}


def _update(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    distributed.average_gradients(parameter for group in optimiser.param_groups for parameter in group["params"])
    optimiser.step()


@torch.no_grad()
def update_average(state: State, recipe: Recipe) -> None:
    """Move the averaged generator towards the present one."""
    batch = recipe.scales[state.scale].batch
    half_life = min(float(recipe.average), recipe.average_ramp * (state.seen + batch))
    new = 1 - 0.5 ** (batch / half_life)
    torch._foreach_lerp_(list(state.average.parameters()), list(state.generator.parameters()), new)


def train(
    images: Pixels, recipe: Recipe, *, seed: int, checkpoints: Path, compute: Compute = CPU, label: str = ""
) -> State:
    """Train all scales, from the newest undamaged checkpoint if there is one.

    Args:
        images: the training set, with sides at least those of the last scale.
        recipe: scales, lengths, rates.
        seed: of weights, batches and latents.
        checkpoints: folder of checkpoints, previews and the contact sheet of each scale.
        compute: device and arithmetic.
        label: name beside the progress bar, which is shown on terminals only.

    Returns:
        The final state; ``average`` is the product, on the CPU.

    Raises:
        ValueError: if the images are too small, or the processes cannot share a batch evenly.
        Diverged: if a loss becomes NaN or infinite; the last checkpoint is kept.
    """
    for scale in recipe.scales:
        distributed.check_batch(scale.batch)
    if images.shape[1] < BASE * 2 ** (len(recipe.scales) - 1):
        raise ValueError(f"images of {images.shape[1]} pixels are smaller than the last of {len(recipe.scales)} scales")
    fabric = distributed.start(compute.device)
    state = resume(checkpoints, recipe, fabric.device) or start(recipe, seed).to(fabric.device)
    while True:
        data = pooled(images, state.size)
        data = data.to(fabric.device) if data.numel() <= ON_DEVICE else data
        train_scale(state, data, recipe, compute, seed=seed, checkpoints=checkpoints, label=label)
        if state.scale + 1 == len(recipe.scales):
            state.average.to("cpu")
            fabric.barrier()  # until the first process has written its files
            return state
        grow(state, recipe, seed)


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
    """Train the rest of the current scale, with checkpoints; then write its contact sheet ``samples_<size>.png``."""
    scale = recipe.scales[state.scale]
    steps = math.ceil((scale.fade + scale.steady) / scale.batch)
    done = state.seen // scale.batch
    started, before = time.monotonic(), state.seconds
    shown = live.Curve(checkpoints, state.history)
    graph = captured_update(state, recipe) if state.device.type == "cuda" and processes() == 1 else None
    bar = tqdm(total=steps, initial=done, desc=f"{label} {state.size}²", disable=None, leave=False, mininterval=1)
    for step in range(done, steps):
        parts = train_step(state, recipe, *batch_at(data, recipe, state, seed, compute.dtype_of_generators), graph)
        state.step, state.seen = state.step + 1, state.seen + scale.batch
        state.seconds = before + time.monotonic() - started
        if state.step % HISTORY_EVERY == 0 or step + 1 == steps:
            _record(state, parts, seed)
        shown.follow(state.step, parts)
        if state.step % recipe.checkpoint_every == 0 or step + 1 == steps:
            save_checkpoint(checkpoints, state)
            write_sheet(checkpoints / "latest.png", state.average, seed)
        bar.update()
    bar.close()
    write_sheet(checkpoints / f"samples_{state.size}.png", state.average, seed)


def train_step(
    state: State, recipe: Recipe, real: Tensor, z: Tensor, graph: Captured | None = None
) -> dict[str, Tensor]:
    """Update all three networks, by graphs unless None; returns the losses."""
    _set_step(state, recipe, graph)
    losses = graph(real, z, lazy=is_lazy(state, recipe)) if graph else update(state, recipe, real, z)
    update_average(state, recipe)
    return losses


def captured_update(state: State, recipe: Recipe) -> Captured:
    """`update` at the present scale as graphs."""
    return Captured(lambda real, z: update(state, recipe, real, z), state)


def _set_step(state: State, recipe: Recipe, graph: Captured | None) -> None:
    alpha, rate = alpha_at(recipe.scales[state.scale], state.seen), rate_at(recipe, state.scale, state.seen)
    if graph:
        graph.set(alpha, rate)
        return
    for network in (state.generator, state.discriminator, state.average):
        network.alpha = alpha
    for optimiser in state.optimisers:
        optimiser.param_groups[0]["lr"] = rate


def _record(state: State, parts: dict[str, Tensor], seed: int) -> None:
    row = distributed.averaged({name: value for name, value in parts.items() if name != "r1"})
    if not all(map(math.isfinite, row.values())):
        raise Diverged(state.step, seed)
    alpha = float(state.generator.alpha)
    state.history.append({"step": float(state.step), "size": float(state.size), "alpha": alpha, **row})
