"""One training on several processes, started by torchrun or `fabric run`: 2 × 32 images a step equal 1 × 64.

Every process holds the whole data set and the same weights, and works on its shard of each batch. Statistics and
covariances of a batch are computed from all shards, with gradients. With a single process the functions here return
their arguments unchanged.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from latentspace.pipeline.workers import processes, rank

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def start(device: str, precision: Literal["32-true", "bf16-mixed"] = "32-true") -> Fabric:
    """Fabric for a training: device, arithmetic, and the group of processes if there are several."""
    from lightning_fabric import Fabric  # takes a second to import; see `prepare`

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
        if "LT_CLI_USED" not in os.environ:  # otherwise `fabric run` has launched the processes
            fabric.launch()
    return fabric


def prepare() -> None:
    """Import the libraries that only trainings need, before processes fork: once instead of in each of them."""
    import lightning_fabric  # noqa: F401
    import torch._dynamo  # every optimizer of torch's imports it  # noqa: F401

    if find_spec("numba"):
        import numba  # noqa: F401


def check_batch(size: int) -> None:
    """Raise ValueError if the processes cannot share a batch of this size evenly."""
    if size % processes():
        raise ValueError(f"a batch of {size} cannot be shared evenly by {processes()} processes")


def shard(batch: Shaped[Tensor, "batch ..."]) -> Shaped[Tensor, "slice ..."]:
    """The shard of this process, from a batch that all processes hold."""
    size = len(batch) // processes()
    return batch[rank() * size : (rank() + 1) * size] if processes() > 1 else batch


def gather(part: Float[Tensor, "slice ..."]) -> Float[Tensor, "batch ..."]:
    """Concatenate the shards of all processes; gradients flow back into every shard."""
    return cast("Tensor", _Gather.apply(part)) if processes() > 1 else part


class _Gather(torch.autograd.Function):
    """All shards concatenated; the backward pass sums the gradients of all processes."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(processes())]
        torch.distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        torch.distributed.all_reduce(gradient)
        return shard(gradient)


def noise_like(part: Float[Tensor, "slice ..."]) -> Float[Tensor, "slice ..."]:
    """Standard normal noise of the shape of `part`: this process's shard of noise drawn alike in all processes."""
    if processes() == 1:
        return torch.randn_like(part)
    return shard(part.new_empty(len(part) * processes(), *part.shape[1:]).normal_())


@torch.no_grad()
def averaged(values: dict[str, Tensor]) -> dict[str, float]:
    """Means over the processes of scalars that each computed from its shard."""
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
    """Let the first process of each machine run the block before the others, which read the files it writes."""
    if fabric.local_rank > 0:
        fabric.barrier()
    yield
    if fabric.local_rank == 0:
        fabric.barrier()
