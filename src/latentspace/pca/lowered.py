"""Decoders of PCA autoencoders as layers of the report's page."""

from __future__ import annotations

from itertools import chain
from typing import cast

import torch
from torch import Tensor, nn

from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pca.deflation import Deflation
from latentspace.pca.networks import SLOPE, ConvDecoder, DenseNetwork, PacketAutoencoder
from latentspace.plots.decoder import (
    SIGMOID,
    SILU,
    Layer,
    Layers,
    convolution,
    layers_of,
    leaky,
    linear,
    merged,
    shuffle,
    transposed,
)


@layers_of.register
def _(model: OrganisedLatents) -> Layers:
    return merged([*layers_of(model.inner), *layers_of(model.base)])


@layers_of.register
def _(model: PacketAutoencoder) -> Layers:
    undo = [_undo(cast("Deflation", model.deflations[-1]))] if model.deflations else []
    return merged([*undo, *layers_of(model.decoders[-1])])


def _undo(last: Deflation) -> Layer:
    """The codes for which the last decoder was trained, from decorrelated ones."""
    before, size = last.slopes.shape
    weight = torch.eye(before + size)
    weight[before:, :before], weight[before:, before:] = last.slopes.T, last.unmix.T
    return linear(weight, torch.zeros(before + size))


@layers_of.register
def _(network: DenseNetwork) -> Layers:
    return [*layers_of(network.first), leaky(SLOPE), *layers_of(network.second)]


@layers_of.register
def _(network: ConvDecoder) -> Layers:
    levels = cast("list[nn.ConvTranspose2d]", list(network.levels))
    middle = chain.from_iterable((SILU, transposed(level.weight, _bias(level))) for level in levels)
    last = convolution(network.pixels.weight, _bias(network.pixels))
    return [*layers_of(network.spread), *middle, SILU, last, shuffle(len(last.weights[1]) // 16, 4), SIGMOID]


def _bias(layer: nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    return cast("Tensor", layer.bias)
