"""Where a training runs and in which arithmetic: float32 wherever bfloat16 is not native or not faster.

On a CPU the answer is float32. A generator's step takes about as long in float32 as in bfloat16 on a processor that has
bfloat16, and a small part of the time on one that has not (docs/performance.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from latentspace.core.params import Device, Precision

if TYPE_CHECKING:
    import torch

Arithmetic = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True)
class Compute:
    """What params.yaml says of the machine.

    Attributes:
        device: ``auto`` takes a GPU when there is one.
        precision: ``auto`` is bfloat16 for generators on a GPU that has it, float32 for everything else; the other
            values hold for all networks.
    """

    device: Device = "cpu"
    precision: Precision = "auto"

    @property
    def of_autoencoders(self) -> Arithmetic:
        """Arithmetic of the small networks that are trained: bfloat16 would not make them faster."""
        return "32-true" if self.precision == "auto" else self.precision

    @property
    def of_generators(self) -> Arithmetic:
        """Arithmetic of a generator, in experiments and in pre-training."""
        if self.precision != "auto":
            return self.precision
        return "bf16-mixed" if self.device != "cpu" and gpu_has_bfloat16() else "32-true"

    @property
    def dtype_of_generators(self) -> torch.dtype:
        """The type of a generator's numbers."""
        import torch

        return torch.bfloat16 if self.of_generators == "bf16-mixed" else torch.float32


CPU = Compute()


def gpu_has_bfloat16() -> bool:
    """Whether there is a GPU that computes in bfloat16 itself."""
    import torch

    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
