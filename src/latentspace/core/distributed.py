"""One training on several processes, which torchrun or `fabric run` starts: 2 × 32 images a step equal 1 × 64.

Every process holds the whole data set and the same weights, and works on its slice of each batch. What belongs to the
batch as a whole, such as its statistics and covariances, is computed from all slices, with gradients. With one process
every function here gives back what it was given.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from latentspace.core.compute import Arithmetic
from latentspace.core.parallel import processes, rank
from latentspace.core.params import Device

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def start(device: Device, precision: Arithmetic = "32-true") -> Fabric:
    """The engine of a training: devices, arithmetic, and the group of processes if there are several."""
    from lightning_fabric import Fabric  # takes a second; see `prepare`

    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Fabric advises on data loaders, which are not used here
        fabric = Fabric(
            accelerator=device,
            strategy="ddp" if processes() > 1 else "auto",
            devices=local,
            num_nodes=processes() // local,
            precision=precision,
        )
        if "LT_CLI_USED" not in os.environ:  # `fabric run` has launched
            fabric.launch()
    return fabric


def prepare() -> None:
    """Import what trainings need and other stages do not, before processes fork: once, not in each of them."""
    import lightning_fabric  # noqa: F401
    import torch._dynamo  # every optimizer of torch's imports it  # noqa: F401

    if find_spec("numba"):
        import numba  # noqa: F401


def check_batch(size: int) -> None:
    """Refuse a batch that the processes cannot share evenly; raises ValueError."""
    if size % processes():
        raise ValueError(f"a batch of {size} cannot be shared evenly by {processes()} processes")


def mine(batch: Shaped[Tensor, "batch ..."]) -> Shaped[Tensor, "slice ..."]:
    """Slice of this process of something that all processes hold."""
    size = len(batch) // processes()
    return batch[rank() * size : (rank() + 1) * size] if processes() > 1 else batch


def whole(part: Float[Tensor, "slice ..."]) -> Float[Tensor, "batch ..."]:
    """The slices of all processes in a row; gradients flow back into each."""
    return cast("Tensor", _Whole.apply(part)) if processes() > 1 else part


class _Whole(torch.autograd.Function):
    """All slices in a row; each process sends back what its own loss says about every slice."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(processes())]
        torch.distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        torch.distributed.all_reduce(gradient)
        return mine(gradient)


def noise_like(part: Float[Tensor, "slice ..."]) -> Float[Tensor, "slice ..."]:
    """Standard normal noise, drawn for the whole batch from the same seed everywhere: this process's slice of it."""
    if processes() == 1:
        return torch.randn_like(part)
    return mine(part.new_empty(len(part) * processes(), *part.shape[1:]).normal_())


@torch.no_grad()
def averaged(values: dict[str, Tensor]) -> dict[str, float]:
    """Means over the processes of numbers that each has of its slice."""
    if processes() > 1:
        stacked = torch.stack([value.detach().float() for value in values.values()])
        torch.distributed.all_reduce(stacked)
        return dict(zip(values, (stacked / processes()).tolist(), strict=True))
    return {name: float(value.detach()) for name, value in values.items()}


@torch.no_grad()
def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace gradients by their means over the processes, in one message."""
    if processes() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    message = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(message)
    for gradient, mean in zip(gradients, message.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient) / processes())


@contextmanager
def one_before_the_others(fabric: Fabric) -> Iterator[None]:
    """Let the first process of each machine through, and the others after it has finished: it makes files they read."""
    if fabric.local_rank > 0:
        fabric.barrier()
    yield
    if fabric.local_rank == 0:
        fabric.barrier()
