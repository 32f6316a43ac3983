"""Interface between the chapters and the training loop: a network with its loss."""

from __future__ import annotations

from typing import Any

from torch import nn


class Objective(nn.Module):
    """A network with its loss.

    `forward` takes a batch, one argument per tensor of the data set, and returns scalars by name: ``loss`` and its
    parts. Subclasses may override `parameter_groups` to train parts of the network at another rate.
    """

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Adam's groups: ``params`` and ``scale``, a factor on the learning rate."""
        return [{"params": list(self.parameters()), "scale": 1.0}]
