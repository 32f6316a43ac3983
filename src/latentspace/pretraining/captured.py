"""The training step on a GPU as a CUDA graph, in which all its kernels are launched at once.

A step of these small networks is more than a thousand kernels, most of them shorter than their launch. What changes
from step to step is therefore in tensors: the batch, the learning rate, and the share of the previous scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from latentspace.pretraining.state import State

WARM = 3  # steps of a kind before it is captured, in which its kernels are chosen and its memory is allocated

Losses = dict[str, Tensor]
Update = Callable[[Tensor, Tensor], Losses]


class Share(float):
    """A share α > 0 whose products are those of a tensor, so that a graph can be replayed with another α."""

    tensor: Tensor

    def __new__(cls, value: float, tensor: Tensor) -> Share:
        """The share `value`, which is written to `tensor`."""
        made = super().__new__(cls, value)
        made.tensor = tensor.fill_(value)
        return made

    def __mul__(self, other: Tensor) -> Tensor:  # type: ignore[override]
        """α times a tensor."""
        return self.tensor * other

    def __rsub__(self, other: int) -> Tensor:  # type: ignore[override]
        """1 − α, in a tensor."""
        return other - self.tensor


class Captured:
    """An update of networks that is captured as graphs, one for each kind of step.

    Args:
        update: one update on real images and latents; returns the losses.
        state: with the networks and the optimisers that it changes.
    """

    def __init__(self, update: Update, state: State) -> None:
        self.update, self.state = update, state
        self.seen: Counter[tuple[bool, bool]] = Counter()
        self.replays: dict[tuple[bool, bool], Update] = {}
        self.alpha = torch.zeros((), device=state.device)
        for optimiser in state.optimisers:
            group = optimiser.param_groups[0]
            group["lr"] = torch.tensor(float(group["lr"]), device=state.device)
            group["capturable"] = state.device.type == "cuda"

    def set(self, alpha: float, rate: float) -> None:
        """Set the share of the previous scale in all networks, and the learning rate."""
        for network in (self.state.generator, self.state.discriminator, self.state.average):
            network.alpha = Share(alpha, self.alpha) if alpha > 0 else 0.0
        for optimiser in self.state.optimisers:
            optimiser.param_groups[0]["lr"].fill_(rate)

    def __call__(self, real: Tensor, z: Tensor, *, lazy: bool) -> Losses:
        """Do one update; `lazy` are those with the gradient penalty."""
        kind = (self.state.generator.alpha > 0, lazy)
        self.seen[kind] += 1
        if self.seen[kind] <= WARM:
            return self.aside(lambda: self.update(real, z))
        if kind not in self.replays:
            self.replays[kind] = self.capture(real, z)
        return self.replays[kind](real, z)

    def aside(self, run: Callable[[], Losses]) -> Losses:
        """Run on another stream, as capturing requires of the steps before."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            losses = run()
        torch.cuda.current_stream().wait_stream(stream)
        return losses

    def capture(self, real: Tensor, z: Tensor) -> Update:
        """The update as a graph, which reads copies of its arguments."""
        graph, inputs = torch.cuda.CUDAGraph(), (real.clone(), z.clone())
        with torch.cuda.graph(graph):
            losses = self.update(*inputs)

        def replay(real: Tensor, z: Tensor) -> Losses:
            with torch.no_grad():
                inputs[0].copy_(real)
                inputs[1].copy_(z)
            graph.replay()
            return losses

        return replay
