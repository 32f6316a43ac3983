"""Understanding and organising the latent space of autoencoders: the experiments of the talk, as a library."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

if "DVC_STAGE" in os.environ and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Ctrl-C reaches a stage and each of its trainings beside DVC: they end without tracebacks, as after a kill.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def load(path: str | Path) -> nn.Module:
    """Rebuild a trained network from its safetensors file; see `latentspace.core.models.load`."""
    from latentspace.core.models import load as load_model

    return load_model(path)
