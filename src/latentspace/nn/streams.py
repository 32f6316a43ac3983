"""Random streams: all randomness of a training comes from (seed, number), with the numbers listed here."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Int
from torch import Tensor

# Numbers of streams other than steps, which are below 2**28. The number of the packet is added.
RESTART_BATCHES: Final = 2**28  # batches of a packet's restarts
DECODER_BATCHES: Final = 2**29  # batches while a packet's decoder trains alone
PACKET_BATCHES: Final = 2**30  # batches while a packet's encoder and decoder train
WEIGHTS: Final = 2**31  # initial weights of a packet; each restart adds a multiple of RESTARTS
RESTARTS: Final = 1000


def stream(seed: int, number: int) -> int:
    """Seed of one stream, 32 bits as in torch; an odd multiplier spreads `seed` over them."""
    return (seed * 0x9E3779B1 + number) % 2**32


def batch_indices(size: int, batch: int, seed: int, step: int) -> Int[Tensor, " batch"]:
    """Draw one index from each of `batch` equal slices of ``range(size)``, as a function of (seed, step).

    If the data set is sorted by a factor, the batch is stratified in that factor, which removes most of the gradient
    noise; if its order is random, so is the batch.
    """
    generator = torch.Generator().manual_seed(stream(seed, step))
    offset = torch.rand(batch, generator=generator, dtype=torch.float64)
    return ((torch.arange(batch) + offset) * (size / batch)).long().clamp_(max=size - 1)
