"""The PCA autoencoder: a latent space that grows one component at a time, in order of importance and decorrelated.

    encoder = partial(ConvEncoder, 64, 1, [16, 16, 16, 16])          # called with the size of a packet
    decoder = partial(ConvDecoder, 64, 1, [32, 32, 16, 16])          # called with the number of components so far
    model, curves = organise((images,), encoder, decoder, Settings(packet_sizes=[1, 1, 1]), training, seed=0)
    z = model.encode(images)                                         # (n, 3), mean 0, variance 1
    model.decode(z[:, :2])                                           # with the first two components

Each step trains a new encoder and a new decoder, then freezes the encoder (slides 33-37) and lets the decoder settle on
its codes. The frozen codes are computed once per step, not once per iteration.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.core import models
from latentspace.core.compute import CPU, Compute
from latentspace.core.distributed import noise_like, whole
from latentspace.core.fit import fit, stream
from latentspace.core.objective import Objective
from latentspace.core.params import Training
from latentspace.organise.network import ConvDecoder, ScaleFreeBatchNorm
from latentspace.organise.params import Settings
from latentspace.organise.penalties import PENALTIES

Factory = Callable[[int], nn.Module]
Curve = list[dict[str, float]]
PHASES = {"both": 2**30, "decoder": 2**29}  # streams of random batches: encoder and decoder, then the decoder alone
START, LAST, MANY = 0.15, 10, 1000  # a start's share of the steps; rows of its curve that count; packets at most
CHUNK = 1000  # images through a network at once, which bounds the memory


class LatentModel(nn.Module, ABC):
    """Anything with `encode` and `decode`; the rest follows.

    Attributes:
        components: length of the code.
    """

    components: int

    @abstractmethod
    def encode(self, x: Tensor) -> Float[Tensor, "n components"]:
        """Codes of inputs."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs for the first k components, 1 ≤ k ≤ `components`."""

    def forward(self, x: Tensor) -> Tensor:
        """Reconstruction D∘E(x)."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def reconstruct(self, x: Tensor, n_components: int | None = None) -> Tensor:
        """Outputs from the first `n_components` of the code (all by default), in pieces that fit the memory.

        Raises:
            ValueError: if there are not so many components.
        """
        if n_components is not None and not 1 <= n_components <= self.components:
            raise ValueError(f"n_components = {n_components}: there are {self.components}")
        return in_chunks(lambda part: self.decode(self.encode(part)[:, :n_components]), x)

    @torch.no_grad()
    def traverse(self, component: int, values: Float[Tensor, " n"], start: Float[Tensor, " components"]) -> Tensor:
        """Outputs along one axis of the latent space (slide 39): `start` with one component set to each value.

        Raises:
            ValueError: if there is no such component.
        """
        if not 0 <= component < self.components:
            raise ValueError(f"component {component}: there are components 0 … {self.components - 1}")
        z = start.repeat(len(values), 1)
        z[:, component] = values
        return self.decode(z)

    def save(self, path: Path) -> None:
        """Write the model as safetensors, whole or not at all; `latentspace.load` reads it back."""
        models.save(self, path)


def in_chunks(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`function` of `x`, piece by piece along the first axis."""
    return torch.cat([function(part) for part in x.split(CHUNK)])


class PCAAutoencoder(LatentModel):
    """Encoders of packets of components, and a decoder for every number of packets.

    Args:
        encoders: one per packet, each maps inputs to raw numbers (batch, packet size); or their descriptions.
        decoders: decoder i maps the codes of packets 0 … i to outputs; or their descriptions.
        packet_sizes: components per packet.

    Raises:
        ValueError: if the lengths do not agree.

    Source: slides 33-37, 48.
    """

    def __init__(
        self,
        encoders: Sequence[nn.Module | Mapping[str, Any]],
        decoders: Sequence[nn.Module | Mapping[str, Any]],
        packet_sizes: Sequence[int],
    ) -> None:
        super().__init__()
        if not len(encoders) == len(decoders) == len(packet_sizes) or min(packet_sizes, default=0) < 1:
            raise ValueError(f"{len(encoders)} encoders, {len(decoders)} decoders, packet_sizes = {list(packet_sizes)}")
        self.encoders = nn.ModuleList(map(models.build, encoders))
        self.decoders = nn.ModuleList(map(models.build, decoders))
        self.norms = nn.ModuleList(map(ScaleFreeBatchNorm, packet_sizes))
        self.packet_sizes = list(packet_sizes)
        self.components = sum(packet_sizes)

    @property
    def config(self) -> dict[str, Any]:
        """What rebuilds the model, in plain values."""
        return {
            "encoders": [models.describe(encoder) for encoder in self.encoders],
            "decoders": [models.describe(decoder) for decoder in self.decoders],
            "packet_sizes": self.packet_sizes,
        }

    def encode(self, x: Tensor) -> Float[Tensor, "n components"]:
        """Codes, each component of mean 0 and variance 1 over the training set."""
        return torch.cat([norm(encoder(x)) for encoder, norm in zip(self.encoders, self.norms, strict=True)], 1)

    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Outputs for the first k components.

        A decoder that was trained for just these k decodes them; if k ends inside a packet, the components that are
        missing from it stand at their mean, 0.

        Raises:
            ValueError: if k is 0 or larger than `components`.
        """
        ends = list(accumulate(self.packet_sizes))
        fitting = [i for i, end in enumerate(ends) if end >= z.shape[1] > 0]
        if not fitting:
            raise ValueError(f"a code of {z.shape[1]} components; this model has {self.components}")
        return self.decoders[fitting[0]](F.pad(z, (0, ends[fitting[0]] - z.shape[1])))


class PacketObjective(Objective):
    """Loss of one step of the PCA autoencoder, eq. 15: reconstruction error + λ · penalty.

    Args:
        encoder: of the new packet; the encoders before it are present through their codes only.
        decoder: of all components so far.
        norm: of the new packet.
        settings: λ, the kind of penalty, noise on the new components.
        error: maps (decoder, codes, target) to the reconstruction error.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, norm: ScaleFreeBatchNorm, settings: Settings, error: nn.Module
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.norm, self.error = encoder, decoder, norm, error
        self.settings = settings

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The new encoder and decoder; what `error` holds, such as a generator, stays as it is."""
        return [{"params": [*self.encoder.parameters(), *self.decoder.parameters()], "scale": 1.0}]

    def forward(self, x: Tensor, frozen: Float[Tensor, "batch i"], target: Tensor) -> dict[str, Tensor]:
        """Loss of a batch: inputs, their frozen codes, and what to reconstruct."""
        new = self.norm(self.encoder(x))
        noisy = new + self.settings.code_noise * noise_like(new) if self.settings.code_noise else new
        error = self.error(self.decoder, torch.cat([frozen, noisy], 1), target)
        if self.settings.weight == 0:
            return {"loss": error, "reconstruction": error}
        with torch.autocast(x.device.type, enabled=False):  # half precision would not do for correlations
            penalty = PENALTIES[self.settings.penalty](whole(frozen.float()), whole(new.float()))
        return {"loss": error + self.settings.weight * penalty, "reconstruction": error, "penalty": penalty}


class DecoderObjective(Objective):
    """Reconstruction error of a decoder behind frozen codes.

    Args:
        decoder: of all components so far.
        error: maps (decoder, codes, target) to the reconstruction error.
    """

    def __init__(self, decoder: nn.Module, error: nn.Module) -> None:
        super().__init__()
        self.decoder, self.error = decoder, error

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The decoder alone."""
        return [{"params": list(self.decoder.parameters()), "scale": 1.0}]

    def forward(self, z: Float[Tensor, "batch k"], target: Tensor) -> dict[str, Tensor]:
        """Loss of a batch of codes and what to reconstruct from them."""
        error = self.error(self.decoder, z, target)
        return {"loss": error, "reconstruction": error}


def organise(
    data: tuple[Tensor, ...],
    encoder: Factory,
    decoder: Factory,
    settings: Settings,
    training: Training,
    *,
    seed: int,
    error: nn.Module | None = None,
    compute: Compute = CPU,
    checkpoints: Path | None = None,
    label: str = "",
) -> tuple[PCAAutoencoder, Curve]:
    """Train a PCA autoencoder, packet by packet.

    With `settings.starts` of more than one, every packet is begun that many times and the begin of the least error
    goes on: a packet of two can fold its plane, which no later step undoes.

    Args:
        data: the inputs, shape (n, …), and, if they are not what is to be reconstructed, the targets, (n, …).
        encoder: maps a packet's size to a network from inputs to that many numbers.
        decoder: maps a number of components to a network from that many numbers to outputs.
        settings: packets, λ, penalty.
        training: schedule of each step.
        seed: of initial weights and batches.
        error: maps (decoder, codes, target) to the reconstruction error; the settings' mean per number by default.
        compute: where, and in which arithmetic.
        checkpoints: folder of this run's checkpoints; a killed run resumes inside its component.
        label: name shown beside the progress bar.

    Returns:
        The model in evaluation mode, and the training curve with the steps of all packets in a row.

    Raises:
        ValueError: if the data hold a NaN or do not vary.
        Diverged: if the loss leaves the real numbers; the last checkpoint stays.
    """
    check(data)
    inputs, targets = data[0], data[-1]
    error = error or ERRORS[settings.reconstruction]()
    encoders, decoders, norms = [], [], []
    curve: Curve = []
    codes = inputs.new_zeros(len(inputs), 0)

    def learn(objective: Objective, rows: tuple[Tensor, ...], steps: int, packet: int, phase: str) -> Curve:
        return fit(
            objective,
            rows,
            training.model_copy(update={"steps": steps}),
            seed=stream(seed, PHASES.get(phase, 2**28) + packet),
            compute=compute,
            checkpoints=checkpoints / f"packet_{packet + 1}_{phase}" if checkpoints else None,
            label=f"{label} packet {packet + 1}, {phase}",
        )

    for packet, size in enumerate(settings.packet_sizes):
        growing, settling = settings.steps_of(packet, training.steps)
        rows, k = (inputs, codes, targets), codes.shape[1] + size
        starts = []
        for start in range(settings.starts):
            torch.manual_seed(stream(seed, 2**31 + packet + start * MANY))
            begun = PacketObjective(encoder(size), decoder(k), ScaleFreeBatchNorm(size), settings, error)
            steps = max(1, round(START * growing))
            tried = learn(begun, rows, steps, packet, f"start_{start + 1}") if settings.starts > 1 else []
            starts.append((mean_error(tried), start, begun))
        objective = min(starts, key=lambda each: each[:2])[2]
        append(curve, learn(objective, rows, growing, packet, "both"), packet)
        codes = torch.cat([codes, freeze(objective.encoder, objective.norm, inputs)], 1)
        if settling:
            append(
                curve,
                learn(DecoderObjective(objective.decoder, error), (codes, targets), settling, packet, "decoder"),
                packet,
            )
        encoders.append(objective.encoder)
        decoders.append(objective.decoder)
        norms.append(objective.norm)
    model = PCAAutoencoder(encoders, decoders, settings.packet_sizes)
    model.norms = nn.ModuleList(norms)
    return model.eval(), curve


def append(curve: Curve, history: Curve, packet: int) -> None:
    """Put the rows of one training behind those before it."""
    before = curve[-1]["step"] + 1 if curve else 0.0
    curve.extend({**row, "step": row["step"] + before, "packet": packet + 1.0} for row in history)


def mean_error(history: Curve) -> float:
    """Mean reconstruction error over the last rows of a training curve; 0 for an empty one."""
    last = [row["reconstruction"] for row in history[-LAST:]]
    return sum(last) / max(1, len(last))


@torch.no_grad()
def freeze(encoder: nn.Module, norm: ScaleFreeBatchNorm, inputs: Tensor) -> Float[Tensor, "n size"]:
    """Fix an encoder for good, its normalisation by the whole training set; returns its codes."""
    encoder.eval().requires_grad_(requires_grad=False)
    raw = in_chunks(encoder, inputs)
    norm.settle(raw)
    return norm.eval()(raw)


def check(data: tuple[Tensor, ...]) -> None:
    """Refuse data that nothing can be learnt from; raises ValueError saying which row is wrong."""
    for tensor in data:
        if len(tensor) < 2 or len(tensor) != len(data[0]):
            raise ValueError(f"a data set of {len(tensor)} rows, where at least 2 and {len(data[0])} are expected")
        sound = in_chunks(lambda part: part.reshape(len(part), -1).isfinite().all(1), tensor)
        if not bool(sound.all()):
            raise ValueError(f"row {int((~sound).nonzero()[0])} of the data holds a value that is not finite")
        if all(bool((part == tensor[:1]).all()) for part in tensor.split(CHUNK)):
            raise ValueError("all rows of the data are equal: there is nothing to encode")


class MeanSquare(nn.Module):
    """Mean squared error per number."""

    def forward(self, decoder: nn.Module, z: Tensor, target: Tensor) -> Tensor:
        """A scalar."""
        if isinstance(decoder, ConvDecoder):
            return decoder.error(z, target, "mse")
        return F.mse_loss(decoder(z), target)


class CrossEntropy(nn.Module):
    """Mean binary cross-entropy per number, of outputs and targets in [0, 1] (the authors' second version)."""

    def forward(self, decoder: nn.Module, z: Tensor, target: Tensor) -> Tensor:
        """A scalar."""
        if isinstance(decoder, ConvDecoder):
            return decoder.error(z, target, "bce")
        return F.binary_cross_entropy(decoder(z), target)


ERRORS: dict[str, type[nn.Module]] = {"mse": MeanSquare, "bce": CrossEntropy}
