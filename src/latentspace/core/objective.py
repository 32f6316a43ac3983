"""What a chapter hands to the training loop: a network with its loss."""

from __future__ import annotations

from typing import Any

from torch import nn


class Objective(nn.Module):
    """A network with its loss.

    `forward` maps a batch, one argument per tensor of the data set, to a mapping with the key ``loss`` and its parts.

    Subclasses may give parts of the network another learning rate through `parameter_groups`.
    """

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Adam's groups: ``params`` and ``scale``, a factor on the learning rate."""
        return [{"params": list(self.parameters()), "scale": 1.0}]
