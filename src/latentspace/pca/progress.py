"""Pictures of a PCA autoencoder while it grows: traversals of the components of each packet, for MLflow's page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from latentspace.nn.latent import LatentModel
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.tracking import live

COLUMNS = 7  # images of a traversal
REACH = 2.0  # its ends, in standard deviations
LARGEST = 128  # side of a shown image, in pixels


def show(
    model: LatentModel, new: int, error: nn.Module, *, checkpoints: Path | None, packet: int, compute: Compute
) -> None:
    """Publish traversals of a model's last components, if its stage is announced to MLflow; never raises.

    Args:
        model: a model of all components so far.
        new: number of its last components, which are shown.
        error: its attribute ``through``, if it has one, is a generator from decoded numbers to images.
        checkpoints: folder of the training's checkpoints.
        packet: number of the packet, the step of the picture.
        compute: the device of the training.
    """
    device = torch.device("cuda" if compute.device != "cpu" and torch.cuda.is_available() else "cpu")
    live.picture(checkpoints, packet, lambda: traversals(model, new, getattr(error, "through", None), device))


@torch.no_grad()
def traversals(
    model: LatentModel, new: int, through: nn.Module | None = None, device: torch.device | str = "cpu"
) -> UInt8[np.ndarray, "h w 3"] | None:
    """Images along each of the last `new` components, one row each, the others at their mean; None for no images.

    Images are taken to be in [−1, 1] if a number is below −0.5, otherwise in [0, 1].
    """
    networks = nn.ModuleList([model, *([through] if through else [])])
    try:
        networks.to(device)
        with torch.random.fork_rng(devices=[]):
            rows = [_row(model, through, axis, device) for axis in range(model.components - new, model.components)]
    finally:
        networks.to("cpu")
    images = torch.stack([row.float().cpu() for row in rows])
    if images.ndim != 5 or images.shape[2] not in {1, 3}:
        return None
    black = -1.0 if images.min() < -0.5 else 0.0
    bytes_ = (255 * (images.clamp(black, 1) - black) / (1 - black)).round().to(torch.uint8)
    return bytes_.expand(-1, -1, 3, -1, -1).permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1).numpy()


def _row(
    model: LatentModel, through: nn.Module | None, axis: int, device: torch.device | str
) -> Float[Tensor, "columns ..."]:
    codes = torch.zeros(COLUMNS, model.components, device=device)
    codes[:, axis] = torch.linspace(-REACH, REACH, COLUMNS)
    outputs = model.decode(codes)
    if through is not None:
        outputs = through(outputs.float())
    if outputs.ndim == 4 and outputs.shape[-1] > LARGEST:
        outputs = F.avg_pool2d(outputs.float(), outputs.shape[-1] // LARGEST)
    return outputs
