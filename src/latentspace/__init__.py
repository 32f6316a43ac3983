"""Understanding and organising the latent space of autoencoders: the PCA autoencoder, and the talk's experiments.

The public interface is `PCAAutoencoder` and `load`.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

    from latentspace.pca.estimator import PCAAutoencoder as PCAAutoencoder

if "DVC_STAGE" in os.environ and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Ctrl-C reaches DVC, the stage and each of its trainings: the last two end as if killed, without tracebacks.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def load(path: str | Path) -> nn.Module:
    """Rebuild a trained network from its safetensors file, on the CPU; see `latentspace.nn.models.load`.

    Raises:
        ValueError: naming the file, if it is missing, damaged or of an unknown kind.
    """
    from latentspace.nn.models import load as load_model

    return load_model(path)


def __getattr__(name: str) -> Any:
    """Import `PCAAutoencoder` on first use, so that stages without networks do not import PyTorch."""
    if name == "PCAAutoencoder":
        from latentspace.pca.estimator import PCAAutoencoder

        return PCAAutoencoder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
