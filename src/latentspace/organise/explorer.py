"""Decoders of ellipses for the report's latent explorer: the PCA autoencoder and the plain autoencoder (slide 39)."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from latentspace.images.image_set import ImageSet
from latentspace.measures.matching import association
from latentspace.organise.coded import Networks, attributes, encode, of_first_seed
from latentspace.organise.selected import ELLIPSES, PCA_AE, PLAIN
from latentspace.pca import lowered, lowered_baselines  # noqa: F401, the layers of the decoders
from latentspace.pca.afterwards import OrganisedLatents
from latentspace.pipeline.measured import Findings
from latentspace.plots.decoder import Layers, layers_of
from latentspace.plots.explorer import Explorer, View, upward

SHOWN = (PCA_AE, PLAIN)


@torch.no_grad()
def experiment(models: Mapping[str, Networks], data: ImageSet) -> Findings:
    """Decoders of the first seed of one or both variants in `SHOWN`; that of the plain autoencoder is in both."""
    coded = of_first_seed(encode(models, data))
    known: dict[int, Layers] = {}  # by module
    views = []
    for name in (name for name in SHOWN if name in coded):
        model = coded[name].model
        parts = [model.inner, model.base] if isinstance(model, OrganisedLatents) else [model]
        layers = [known.setdefault(id(part), layers_of(part)) for part in parts]
        codes, factors = coded[name].codes, attributes(data)
        axes = association(codes, factors)
        views.append(View(name, axes, layers, signs=upward(codes, factors, axes)))
    summary = ", ".join(view.method for view in views)
    return Findings(pictures={f"{ELLIPSES}.json": Explorer(views, data.test.shape[1])}, summary=summary)
