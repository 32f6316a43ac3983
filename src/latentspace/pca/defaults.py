"""Defaults of the estimator: networks for the data, the seed, the number of threads; and the explained variance."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Shaped
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from torch import Tensor, nn

from latentspace.nn.chunks import in_chunks, mean_squared_difference, variance
from latentspace.nn.latent import LatentModel
from latentspace.pca.networks import ConvDecoder, ConvEncoder, DenseNetwork

MEASURED, MEASURED_THROUGH = 2048, 256  # at most as many rows measure the explained variance
Factory = Callable[[int], nn.Module]
HIDDEN = 64  # width of the hidden layer of the default networks for vectors; in decoders per component
ENCODER_WIDTH, DECODER_WIDTHS = 16, (32, 32, 16, 16)  # channels of the default networks for images


def chosen_factories(
    inputs: Shaped[Tensor, "n ..."], encoder: Factory | None, decoder: Factory | None
) -> tuple[Factory, Factory]:
    """The given factories of encoders and decoders, or default ones in place of None."""
    if encoder is not None and decoder is not None:
        return encoder, decoder
    default = default_factories(inputs)
    return encoder or default[0], decoder or default[1]


def default_factories(inputs: Shaped[Tensor, "n ..."]) -> tuple[Factory, Factory]:
    """Factories of encoders by packet size and of decoders by number of components.

    Args:
        inputs: vectors (n, d), or images (n, channels, size, size) of 16, 32, 64 or 128 pixels a side.
    """
    if inputs.ndim == 2:
        d = inputs.shape[1]
        return partial(DenseNetwork, d, HIDDEN), lambda k: DenseNetwork(k, HIDDEN * k, d)
    _, channels, size, _ = inputs.shape
    levels = min(len(DECODER_WIDTHS), size.bit_length() - 2)
    return (
        partial(ConvEncoder, size, channels, [ENCODER_WIDTH] * levels),
        partial(ConvDecoder, size, channels, list(DECODER_WIDTHS[-levels:])),
    )


def seed_of(random_state: int | np.random.RandomState | None) -> int:
    """The given integer seed, or one drawn from a random state."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Set torch's number of threads inside the block, unless None; small layers are slower on two than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@torch.no_grad()
def explained_variance_ratio(
    model: LatentModel, data: tuple[Tensor, ...], through: nn.Module | None
) -> Float[np.ndarray, " components"]:
    """Decrease of the error, as a share of the targets' variance, when each further component is decoded.

    Measured on evenly spaced rows, at most `MEASURED` of them, or `MEASURED_THROUGH` with `through`.

    Args:
        model: the trained model.
        data: inputs and, with `through`, targets.
        through: the map after the decoder, or None.

    Returns:
        Shape (components,).
    """
    every = math.ceil(len(data[0]) / (MEASURED if through is None else MEASURED_THROUGH))
    inputs, targets = data[0][::every], data[-1][::every]
    total = variance(targets)
    errors = [total]
    for k in range(1, model.components + 1):
        output = model.reconstruct(inputs, k)
        errors.append(mean_squared_difference(output if through is None else in_chunks(through, output), targets))
    return -np.diff(errors) / total


def warn_if_unordered(packet_sizes: Sequence[int], shares: Float[np.ndarray, " components"], steps: int) -> None:
    """Warn if the mean share per component increases between packets; inside a packet there is no order."""
    ends = np.cumsum([0, *packet_sizes])
    means = [shares[a:b].mean() for a, b in pairwise(ends)]
    rising = np.flatnonzero(np.diff(means) > 0)
    if len(rising):
        k = int(rising[0]) + 1
        text = f"packet {k + 1} adds more per component than packet {k}: train longer (steps = {steps})"
        warnings.warn(text, ConvergenceWarning, stacklevel=3)
