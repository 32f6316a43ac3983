"""Device and arithmetic of trainings: bfloat16 where it is native and faster, float32 everywhere else.

CPUs compute in float32. With native bfloat16 a generator's step takes about as long in either type; without it,
float32 takes a small fraction of the time of bfloat16 (docs/performance.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch


Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "32-true", "bf16-mixed"]
Arithmetic = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True)
class Compute:
    """Device and precision of trainings, from params.yaml.

    Attributes:
        device: ``auto`` is a GPU if there is one, otherwise the CPU.
        precision: ``auto`` is bfloat16 for generators on a GPU with native bfloat16, float32 for everything else;
            the other values apply to all networks.
    """

    device: Device = "cpu"
    precision: Precision = "auto"

    @property
    def of_autoencoders(self) -> Arithmetic:
        """Arithmetic of all networks but generators: float32 by default, as bfloat16 does not make them faster."""
        return "32-true" if self.precision == "auto" else self.precision

    @property
    def of_generators(self) -> Arithmetic:
        """Arithmetic of generators, in experiments and in pre-training."""
        if self.precision != "auto":
            return self.precision
        return "bf16-mixed" if self.device != "cpu" and gpu_has_bfloat16() else "32-true"

    @property
    def dtype_of_generators(self) -> torch.dtype:
        """The dtype of a generator's weights and activations."""
        import torch

        return torch.bfloat16 if self.of_generators == "bf16-mixed" else torch.float32


CPU = Compute()


def gpu_has_bfloat16() -> bool:
    """Whether there is a GPU with native bfloat16."""
    import torch

    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
