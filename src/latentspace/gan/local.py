"""Latent models of neighbourhoods: models of offsets, shifted to an anchor; and the trained models of a variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan import affine  # noqa: F401, the code of models that are loaded here
from latentspace.gan.frozen import Frozen
from latentspace.gan.neighbourhood import Neighbourhood
from latentspace.gan.params import Variant
from latentspace.nn import models
from latentspace.nn.latent import LatentModel
from latentspace.pca import networks  # noqa: F401, the code of the models that are loaded here


class LocalModel(LatentModel):
    """Latent model of the latents in a neighbourhood, whose codes navigate a generator.

        model = latentspace.load("models/gan/avatars/sigma_0.7_anchor_1_seed_0.safetensors")
        codes = model.encode(latents)
        images = generator(model.decode(codes))

    Args:
        inner: a latent model of offsets in units of σ, or its description.
        latent: length of a latent.
        sigma: σ of the neighbourhood.

    Raises:
        ValueError: if `inner` is not a latent model.
    """

    anchor: Tensor

    def __init__(self, inner: nn.Module | Mapping[str, Any], latent: int, sigma: float) -> None:
        super().__init__()
        inner = models.build(inner)
        if not isinstance(inner, LatentModel):
            raise ValueError("inner must be a latent model")
        self.inner, self.components, self.sigma = inner, inner.components, sigma
        self.register_buffer("anchor", torch.zeros(latent))

    @classmethod
    def about(cls, place: Neighbourhood, inner: LatentModel) -> LocalModel:
        """The model of a neighbourhood from a model of its offsets."""
        model = cls(inner, len(place.anchor), place.sigma)
        model.anchor.copy_(place.anchor)
        return model.eval()

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {"inner": models.describe(self.inner), "latent": len(self.anchor), "sigma": self.sigma}

    def encode(self, x: Float[Tensor, "n latent"]) -> Float[Tensor, "n components"]:
        """Codes of latents."""
        return self.inner.encode((x - self.anchor) / self.sigma)

    def decode(self, z: Float[Tensor, "n k"]) -> Float[Tensor, "n latent"]:
        """Latents from the first k components."""
        return self.anchor + self.sigma * self.inner.decode(z)


@dataclass(frozen=True)
class Organised:
    """A trained variant: neighbourhoods of one generator, with the models trained on them.

    Attributes:
        variant: its settings.
        generator: the frozen generator.
        places: the neighbourhoods.
        models: by (name of the neighbourhood, seed).
    """

    variant: Variant
    generator: Frozen
    places: list[Neighbourhood]
    models: Mapping[tuple[str, int], LocalModel]

    @property
    def first(self) -> tuple[Neighbourhood, LocalModel]:
        """The first model and its neighbourhood."""
        (name, _), model = next(iter(self.models.items()))
        return next(place for place in self.places if place.name == name), model


def load_local(path: Path) -> LocalModel:
    """Read the model of a neighbourhood.

    Raises:
        ValueError: naming the file, if it is missing or damaged, or contains another network.
    """
    model = models.load(path)
    if not isinstance(model, LocalModel):
        raise ValueError(f"{path}: holds a {type(model).__name__}, not a model of a neighbourhood")
    return model
