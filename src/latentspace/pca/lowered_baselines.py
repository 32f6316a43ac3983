"""Decoders of the baselines of PCA autoencoders as layers of the report's page."""

from __future__ import annotations

import torch

from latentspace.pca.baselines import Denormalised, LinearPCA
from latentspace.plots.decoder import Layers, layers_of, linear, merged


@layers_of.register
def _(network: Denormalised) -> Layers:
    return merged([linear(torch.diag(network.deviation), network.mean), *layers_of(network.decoder)])


@layers_of.register
def _(model: LinearPCA) -> Layers:
    return [linear((model.deviation[:, None] * model.axes).T, model.mean.flatten())]
