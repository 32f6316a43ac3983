"""Training of a PCA autoencoder, one packet of components at a time, in order of importance and decorrelated.

For each packet a new encoder and a new decoder are trained together, then the encoder is frozen (slides 33-37) and the
decoder is trained alone. The codes of frozen encoders are computed once per packet instead of once per step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.nn import streams
from latentspace.nn.chunks import CHUNK, in_chunks
from latentspace.nn.distributed import gather, noise_like
from latentspace.nn.fit import fit
from latentspace.nn.objective import Objective
from latentspace.nn.rows import Rows
from latentspace.pca.deflation import Deflation
from latentspace.pca.networks import PacketAutoencoder, ScaleFreeBatchNorm
from latentspace.pca.penalties import PENALTIES
from latentspace.pca.progress import show
from latentspace.pca.settings import Settings
from latentspace.pipeline.compute import CPU, Compute
from latentspace.pipeline.params import Training

Factory = Callable[[int], nn.Module]
Curve = list[dict[str, float]]
TRIAL = 0.15  # share of a packet's steps for which each restart is trained
LAST = 10  # last rows of a restart's curve, over which its error is averaged


class PacketObjective(Objective):
    """Loss of one packet of the PCA autoencoder, eq. 15: reconstruction error + λ · penalty.

    Args:
        encoder: of the new packet; previous encoders enter only through their codes.
        decoder: of all components so far.
        norm: of the new packet.
        error: maps (decoder, codes, target) to the reconstruction error.
        settings: λ and the kind of penalty.
        noise: standard deviation of the noise on the new components.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        norm: ScaleFreeBatchNorm,
        error: nn.Module,
        settings: Settings,
        noise: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.norm, self.error = encoder, decoder, norm, error
        self.settings, self.noise = settings, noise
        self.deflation: Deflation | None = None  # of the frozen codes

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameters of the new encoder and decoder, but not of `error`, such as a generator's."""
        return [{"params": [*self.encoder.parameters(), *self.decoder.parameters()], "scale": 1.0}]

    def forward(self, x: Tensor, frozen: Float[Tensor, "batch i"], target: Tensor) -> dict[str, Tensor]:
        """Losses of a batch: ``loss``, ``reconstruction`` and ``penalty``.

        Args:
            x: inputs.
            frozen: codes of the inputs by the frozen encoders.
            target: the inputs, or what to reconstruct instead.
        """
        new = self.norm(self.encoder(x))
        noisy = new + self.noise * noise_like(new) if self.noise else new
        error = self.error(self.decoder, torch.cat([frozen, noisy], 1), target)
        if self.settings.weight == 0:
            return {"loss": error, "reconstruction": error}
        with torch.autocast(x.device.type, enabled=False):  # half precision is too coarse for correlations
            penalty = PENALTIES[self.settings.penalty](gather(frozen.float()), gather(new.float()))
        return {"loss": error + self.settings.weight * penalty, "reconstruction": error, "penalty": penalty}


class DecoderObjective(Objective):
    """Reconstruction error of a decoder from frozen codes.

    Args:
        decoder: of all components so far.
        error: maps (decoder, codes, target) to the reconstruction error.
    """

    def __init__(self, decoder: nn.Module, error: nn.Module) -> None:
        super().__init__()
        self.decoder, self.error = decoder, error

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameters of the decoder only."""
        return [{"params": list(self.decoder.parameters()), "scale": 1.0}]

    def forward(self, z: Float[Tensor, "batch k"], target: Tensor) -> dict[str, Tensor]:
        """Loss of a batch of codes and the targets to reconstruct from them."""
        error = self.error(self.decoder, z, target)
        return {"loss": error, "reconstruction": error}


@dataclass(frozen=True)
class Growth:
    """Networks, error, schedule and seed, which the trainings of all packets share.

    Attributes:
        encoder: maps a packet's size to a network from inputs to that many numbers.
        decoder: maps a number of components to a network from that many numbers to outputs.
        error: maps (decoder, codes, target) to the reconstruction error.
        settings: packets, λ, penalty.
        training: schedule of each packet.
        seed: of initial weights and batches.
        compute: device and arithmetic.
        checkpoints: folder of this run's checkpoints; a killed run resumes inside its packet.
        label: name beside the progress bar.
    """

    encoder: Factory
    decoder: Factory
    error: nn.Module
    settings: Settings
    training: Training
    seed: int
    compute: Compute = CPU
    checkpoints: Path | None = None
    label: str = ""

    def learn(
        self, objective: Objective, rows: tuple[Rows, ...], steps: int, packet: int, phase: str, batches: int
    ) -> Curve:
        """Train an objective of packet number `packet`, from 0; `batches` is the random stream of its batches.

        Returns:
            The curve of its loss.

        Raises:
            Diverged: if the loss becomes NaN or infinite.
        """
        return fit(
            objective,
            rows,
            self.training.model_copy(update={"steps": steps}),
            seed=streams.stream(self.seed, batches + packet),
            compute=self.compute,
            checkpoints=self.checkpoints / f"packet_{packet + 1}_{phase}" if self.checkpoints else None,
            label=f"{self.label} packet {packet + 1}, {phase}",
        )

    def untrained(self, packet: int, components: int, restart: int) -> PacketObjective:
        """A packet with initial weights; `components` is the number of components of the packets before it."""
        size = self.settings.packet_sizes[packet]
        torch.manual_seed(streams.stream(self.seed, streams.WEIGHTS + packet + restart * streams.RESTARTS))
        parts = self.encoder(size), self.decoder(components + size), ScaleFreeBatchNorm(size)
        return PacketObjective(*parts, self.error, self.settings, self.settings.noise_of(packet))

    def best_restart(self, rows: tuple[Rows, Tensor, Rows], packet: int, steps: int) -> PacketObjective:
        """The restart with the smallest error after a share of the steps: a plane folded early never unfolds."""
        components = rows[1].shape[1]
        if self.settings.restarts == 1:
            return self.untrained(packet, components, 0)
        found = []
        for restart in range(self.settings.restarts):
            tried, share = self.untrained(packet, components, restart), max(1, round(TRIAL * steps))
            curve = self.learn(tried, rows, share, packet, f"restart_{restart + 1}", streams.RESTART_BATCHES)
            found.append((mean_error(curve), restart, tried))
        return min(found, key=lambda each: each[:2])[2]

    def packet(
        self, rows: tuple[Rows, Tensor, Rows], packet: int
    ) -> tuple[PacketObjective, Float[Tensor, "n k"], Curve]:
        """Train one packet.

        Args:
            rows: inputs, codes of the previous packets, targets.
            packet: its number, from 0.

        Returns:
            The trained networks, the codes of all packets so far, and the training curve.
        """
        inputs, codes, targets = rows
        growing, settling = self.settings.steps_of(packet, self.training.steps)
        objective = self.best_restart(rows, packet, growing)
        curve = self.learn(objective, rows, growing, packet, "both", streams.PACKET_BATCHES)
        new = freeze(objective.encoder, objective.norm, inputs)
        if settling:
            alone = DecoderObjective(objective.decoder, self.error)
            rows_of_codes = (torch.cat([codes, new], 1), targets)
            history = self.learn(alone, rows_of_codes, settling, packet, "decoder", streams.DECODER_BATCHES)
            append_curve(curve, history)
        if self.settings.deflate:
            objective.deflation = Deflation(codes.shape[1], new.shape[1])
            objective.deflation.settle(new, codes)
            new = objective.deflation(new, codes)
        return objective, torch.cat([codes, new], 1), [{**row, "packet": packet + 1.0} for row in curve]


def grow(
    data: tuple[Rows, ...], growth: Growth, model: PacketAutoencoder | None = None
) -> tuple[PacketAutoencoder, Curve]:
    """Train a PCA autoencoder, packet by packet.

    Args:
        data: inputs, shape (n, …), and targets, shape (n, …), unless the inputs themselves are reconstructed.
        growth: networks, packets, schedule.
        model: a model of the first packets, which are kept; the other packets are added.

    Returns:
        The model in evaluation mode, and the training curve, in which the steps of all new packets are consecutive.

    Raises:
        ValueError: if the data have a value that is not finite, or do not vary, or `model` has other packets.
        Diverged: if the loss becomes NaN or infinite; the last checkpoint is kept.
    """
    check(data)
    sizes, known = growth.settings.packet_sizes, model.packet_sizes if model else []
    if known != sizes[: len(known)]:
        raise ValueError(f"packet_sizes = {sizes} does not begin with the trained packets {known}")
    inputs, targets = data[0], data[-1]
    codes = torch.zeros(len(inputs), 0, device=inputs.device)
    if model:
        with torch.no_grad():
            codes = in_chunks(model.encode, inputs)
    trained: list[PacketObjective] = []
    curve: Curve = []
    for packet in range(len(known), len(sizes)):
        objective, codes, history = growth.packet((inputs, codes, targets), packet)
        append_curve(curve, history)
        trained.append(objective)
        so_far, where = joined(model, trained, sizes[: packet + 1]), growth.checkpoints
        show(so_far, sizes[packet], growth.error, checkpoints=where, packet=packet + 1, compute=growth.compute)
    return joined(model, trained, sizes), curve


def joined(
    model: PacketAutoencoder | None, trained: Sequence[PacketObjective], sizes: Sequence[int]
) -> PacketAutoencoder:
    """A model of the packets of `model`, unless None, and of newly trained ones."""
    encoders, decoders, norms = ([*getattr(model, part, [])] for part in ("encoders", "decoders", "norms"))
    encoders += [each.encoder for each in trained]
    decoders += [each.decoder for each in trained]
    norms += [each.norm for each in trained]
    return PacketAutoencoder(encoders, decoders, sizes, norms, deflations(model, trained, sizes)).eval()


def deflations(
    model: PacketAutoencoder | None, trained: Sequence[PacketObjective], sizes: Sequence[int]
) -> list[Deflation]:
    """Deflation of every packet, the identity for those without one; empty if there is none at all."""
    found = [*getattr(model, "deflations", [])] or [None] * (len(sizes) - len(trained))
    found += [each.deflation for each in trained]
    if not any(found):
        return []
    ends = list(accumulate(sizes))
    return [each or Deflation(end - size, size) for each, end, size in zip(found, ends, sizes, strict=True)]


def append_curve(curve: Curve, history: Curve) -> None:
    """Append the rows of one training to `curve`, with consecutive steps."""
    before = curve[-1]["step"] + 1 if curve else 0.0
    curve.extend({**row, "step": row["step"] + before} for row in history)


def mean_error(history: Curve) -> float:
    """Mean reconstruction error over the last rows of a training curve."""
    last = [row["reconstruction"] for row in history[-LAST:]]
    return sum(last) / len(last)


@torch.no_grad()
def freeze(encoder: nn.Module, norm: ScaleFreeBatchNorm, inputs: Rows) -> Float[Tensor, "n size"]:
    """Freeze an encoder and its normalisation, with the statistics of the whole training set; returns its codes."""
    encoder.eval().requires_grad_(requires_grad=False)
    raw = in_chunks(encoder, inputs)
    norm.settle(raw)
    return norm.eval()(raw)


def check(data: tuple[Rows, ...]) -> None:
    """Raise ValueError if there are fewer than two rows, a value is not finite, or all rows are equal."""
    for rows in data:
        if len(rows) < 2 or len(rows) != len(data[0]):
            raise ValueError(f"a data set of {len(rows)} rows, where at least 2 and {len(data[0])} are expected")
        for number, part in enumerate(rows.split(CHUNK)):  # keeps nothing, as small results would fragment the memory
            sound = part.reshape(len(part), -1).isfinite().all(1)
            if not bool(sound.all()):
                row = number * CHUNK + int((~sound).nonzero()[0])
                raise ValueError(f"row {row} of the data holds a value that is not finite")
        if all(bool((part == rows[:1]).all()) for part in rows.split(CHUNK)):
            raise ValueError("all rows of the data are equal: there is nothing to encode")
