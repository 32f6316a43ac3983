"""Generators and models of their neighbourhoods as layers of the report's page."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from latentspace.gan.affine import SHARE, Affine, Bent
from latentspace.gan.directions import Directions
from latentspace.gan.layers import EPSILON, SLOPE
from latentspace.gan.local import LocalModel
from latentspace.gan.network import FrozenGenerator
from latentspace.pca import lowered, networks  # noqa: F401, the layers of PCA autoencoders
from latentspace.plots.decoder import (
    Layers,
    UnsupportedError,
    convolution,
    doubled,
    layers_of,
    leaky,
    linear,
    merged,
    norm,
)


@layers_of.register
def _(model: LocalModel) -> Layers:
    latent = len(model.anchor)
    return merged([*layers_of(model.inner), linear(model.sigma * torch.eye(latent), model.anchor)])


@layers_of.register
def _(model: Directions) -> Layers:
    return [linear(model.columns, torch.zeros(len(model.columns)))]


@layers_of.register
def _(network: Affine) -> Layers:
    return layers_of(network.layer)


@layers_of.register
def _(network: Bent) -> Layers:
    """One hidden layer, in which x and −x give the affine map: f(x) − f(−x) = (1 + a) x for a LeakyReLU of slope a."""
    line, first, second = network.line.layer, network.bend.first, network.bend.second
    same = torch.eye(line.in_features)
    share = line.weight / (1 + networks.SLOPE)
    into = linear(torch.cat([same, -same, first.weight]), F.pad(first.bias, (2 * line.in_features, 0)))
    weight = torch.cat([share, -share, SHARE * second.weight], 1)
    return [into, leaky(networks.SLOPE), linear(weight, line.bias + SHARE * second.bias)]


@layers_of.register
def _(generator: FrozenGenerator) -> Layers:
    """Images in [0, 1], which are clamped only when they are shown."""
    if generator.fades:
        raise UnsupportedError("its generator is still fading in its last scale")
    kept = dict(generator.named_buffers())

    def layer(name: str) -> tuple[Tensor, Tensor]:
        return kept[f"{name}_weight"], kept[f"{name}_bias"]

    def active(bias: Tensor) -> Layers:
        return [leaky(SLOPE), norm(len(bias), EPSILON)]

    weight, bias = layer("format")
    first, start = layer("base")
    found = [*_classed(generator), norm(weight.shape[1], EPSILON), linear(weight, bias), *active(start)]
    found += [convolution(first, start), *active(start)]
    for scale in range(generator.scales - 1):
        kernel, bias = layer(f"up{scale}")
        found += [doubled(kernel_of(kernel), bias), *active(bias)]
        found += [convolution(*layer(f"same{scale}")), *active(bias)]
    weight, bias = layer("rgb")
    return [*found, convolution(weight / 2, (bias + 1) / 2)]


def _classed(generator: FrozenGenerator) -> Layers:
    """Append the one-hot of the generator's class to a latent, if it has one."""
    if generator.label is None:
        return []
    latent, classes = generator.latent, generator.one_hot.shape[1]
    return [linear(torch.eye(latent + classes, latent), torch.cat([torch.zeros(latent), generator.one_hot[0]]))]


def kernel_of(folded: Float[Tensor, "in out 4 4"]) -> Float[Tensor, "out in 3 3"]:
    """The kernel 3×3 of which `gan.layers.transposed_kernel` made a kernel 4×4, with 9 weights instead of 16."""
    kernel = folded.transpose(0, 1).flip(2, 3).double()
    for axis in (2, 3):  # along an axis it is (w0, w0 + w1, w1 + w2, w2)
        first, second, _, last = kernel.unbind(axis)
        kernel = torch.stack([first, second - first, last], axis)
    return kernel
