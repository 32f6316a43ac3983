"""A PCA autoencoder inside the latent space of a trained model: learn first, organise afterwards (last slide)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn import models
from latentspace.nn.latent import LatentModel


class OrganisedLatents(LatentModel):
    """A trained model whose codes are organised by a PCA autoencoder: learn first, organise afterwards (last slide).

    Args:
        base: the trained latent model, or its description.
        inner: a PCA autoencoder of the base's codes, or its description.

    Raises:
        ValueError: if one of the two is not a latent model.
    """

    def __init__(self, base: nn.Module | Mapping[str, Any], inner: nn.Module | Mapping[str, Any]) -> None:
        super().__init__()
        base, inner = models.build(base), models.build(inner)
        if not (isinstance(base, LatentModel) and isinstance(inner, LatentModel)):
            raise ValueError("base and inner must be latent models")
        self.base: LatentModel = base
        self.inner: LatentModel = inner
        self.components = inner.components

    @property
    def config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {"base": models.describe(self.base), "inner": models.describe(self.inner)}

    def encode(self, x: Tensor) -> Float[Tensor, "n components"]:
        """Organised codes of inputs: the inner codes of the base's codes."""
        return self.inner.encode(self.base.encode(x))

    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs of the base for the first k organised components."""
        return self.base.decode(self.inner.decode(z))
