"""Understanding and organising the latent space of autoencoders: the experiments of the talk, as a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def load(path: str | Path) -> nn.Module:
    """Rebuild a trained network from its safetensors file; see `latentspace.core.models.load`."""
    from latentspace.core.models import load as load_model

    return load_model(path)
