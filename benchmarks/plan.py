"""The arithmetic of docs/scaling-1024.md: chapter 3 with a generator of 1024×1024 pixels on eight GPUs.

    python benchmarks/plan.py

Nothing is run: torch counts operations on tensors without data, and everything else is multiplication. Peak rates come
from data sheets; the shares of them that are reached and the numbers of passes over memory are assumptions, stated
below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from unittest import mock

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from latentspace.gan import layers as gan_layers
from latentspace.gan.layers import BASE
from latentspace.gan.network import Generator
from latentspace.pca.defaults import HIDDEN
from latentspace.pca.networks import DenseNetwork
from latentspace.pretraining.discriminator import Discriminator

WIDTHS, LATENT = [512, 512, 512, 512, 256, 128, 64, 32, 16], 512  # the generator of CelebA-HQ 1024²
IMAGES, COMPONENTS, STEPS, BATCH, GPUS = 8192, 5, 6000, 32, 8  # of a neighbourhood; steps per component; batch per GPU
REACHED_COMPUTE, REACHED_BANDWIDTH = 0.3, 0.6  # shares of the peaks; some convolutions have only 16 channels
# Reads and writes of a layer's output, 2 bytes per number. Forward: convolution, LeakyReLU and pixel norm each read and
# write it. Backward to the latent: pixel norm and LeakyReLU read two and write one, the convolution reads and writes.
FORWARD, BACKWARD = 6, 8
# Memory kept of every layer for the backward pass, in multiples of its output, and temporary memory, in multiples of
# the last scale's outputs. Measured with 1 to 3 images on a CPU: .53 GB per image kept and .87 GB at the peak.
KEPT, PASSING = 4, 5
# Pre-training, in multiples of a forward pass: the generator forward and backward with weights; the discriminator
# likewise on real and on generated images, once more back to its input for the generator, and R1 (about five) every
# eighth step.
GENERATOR_PASSES, DISCRIMINATOR_PASSES = 3, 3 + 3 + 2 + 5 / 8
SHOWN = 1.6e6  # images per scale, half of them fading in; half as many at 4×4 (Karras et al. 2018)
PHOTOGRAPHS = 30_000  # in CelebA-HQ
# The shipped recipe: channels, and images a second in whole training steps on one core (pretraining/README.md).
RECIPE, RATES = [96, 96, 64, 32, 16], [1770, 600, 290, 167, 86]


@dataclass(frozen=True)
class Card:
    """A GPU: operations a second in bfloat16 and bytes a second, from its data sheet."""

    name: str
    peak: float
    bandwidth: float

    def seconds(self, operations: float, traffic: float) -> float:
        """Time of `operations` and of `traffic` bytes, without overlap."""
        return operations / (REACHED_COMPUTE * self.peak) + traffic / (REACHED_BANDWIDTH * self.bandwidth)


CARDS = (Card("H100 SXM", 989e12, 3.35e12), Card("A100 SXM 80 GB", 312e12, 2.04e12))
# The progressive GAN took its authors 4 days on eight of these in single precision, hence 4 bytes per number.
CHECK = Card("V100, single precision", 15.7e12, 0.9e12 / 2)


def plain_mean(x: Tensor, plus: float = 0.0) -> Tensor:
    """Mean over the channels plus a constant, without the 1×1 convolution that computes it on CPUs."""
    return (x.mean(1, keepdim=True) + plus).expand_as(x).contiguous()


def counted(network: nn.Module, *shape: int, backward: bool = False) -> int:
    """Operations of one image in matrix products and convolutions, a multiplication and an addition counting as two."""
    x = torch.empty(1, *shape, device="meta").requires_grad_(backward)
    plain = mock.patch.object(gan_layers, "channel_mean", plain_mean)
    with plain, FlopCounterMode(display=False) as counter:
        y = network(x)
        if backward:
            y.square().mean().backward()
    return counter.get_total_flops()


def layers(widths: list[int], latent: int) -> list[tuple[str, int, int]]:
    """Count by hand: (scale, multiplications of its layers, numbers in their outputs) of one image, toRGB last."""
    rows = [("4, linear and 3×3", latent * BASE**2 * widths[0] + BASE**2 * 9 * widths[0] ** 2, 2 * BASE**2 * widths[0])]
    for level, (i, o) in enumerate(pairwise(widths), start=1):
        side = BASE * 2**level
        # 16 taps per pixel before upsampling, then 9 per pixel after it
        rows.append((f"{side}", (side // 2) ** 2 * 16 * i * o + side**2 * 9 * o * o, 2 * side**2 * o))
    side = BASE * 2 ** (len(widths) - 1)
    return [*rows, (f"{side}, toRGB", side**2 * 3 * widths[-1], side**2 * 3)]


def numbers_in(network: nn.Module) -> int:
    """Parameters of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


def generator_table(generator: Generator) -> tuple[int, int]:
    """Print the generator scale by scale; returns operations of a forward pass and bytes of all layers' outputs."""
    rows = layers(generator.widths, generator.latent)
    forward = counted(generator.fold(), generator.latent)
    assert forward == 2 * sum(products for _, products, _ in rows), "counted by torch and by hand"
    print("| side | 10⁹ multiply-adds | outputs, MB |\n|---|---|---|")
    for name, products, values in rows:
        print(f"| {name} | {products / 1e9:.2f} | {2 * values / 1e6:.1f} |")
    outputs = 2 * sum(values for *_, values in rows)
    print(f"| all | {forward / 2e9:.2f} | {outputs / 1e6:.0f} |\n")
    return forward, outputs


def training_table(generator: Generator, forward: int, outputs: int) -> None:
    """Print what one neighbourhood costs on each GPU."""
    both = counted(generator.fold(), generator.latent, backward=True)
    image = 3 * generator.size**2 * 2
    kept = KEPT * outputs + PASSING * 2 * 2 * generator.widths[-1] * generator.size**2
    networks = (DenseNetwork(LATENT, HIDDEN, 1), DenseNetwork(COMPONENTS, HIDDEN * COMPONENTS, LATENT))
    gradient = 4 * sum(map(numbers_in, networks))
    print(f"one image in half precision: {image / 1e6:.1f} MB; {IMAGES}: {IMAGES * image / 1e9:.1f} GB")
    print(f"operations: forward {forward / 1e9:.0f}e9, forward and backward to the latent {both / 1e9:.0f}e9")
    print(f"traffic: {FORWARD * outputs / 1e9:.2f} GB forward, {(FORWARD + BACKWARD) * outputs / 1e9:.2f} GB both")
    print(f"memory of the backward pass: {kept / 1e9:.2f} GB per image, {BATCH * kept / 1e9:.0f} GB for {BATCH}")
    print(f"all-reduce: {gradient / 1e6:.2f} MB per step; all-gather of codes: {GPUS * BATCH * COMPONENTS * 4} bytes\n")
    print("| | " + " | ".join(card.name for card in CARDS) + " |\n" + "|---" * (len(CARDS) + 1) + "|")
    sampled = [card.seconds(forward, FORWARD * outputs) for card in CARDS]
    trained = [card.seconds(both, (FORWARD + BACKWARD) * outputs) for card in CARDS]
    steps = COMPONENTS * STEPS
    line("sampling, ms per image", [1e3 * t for t in sampled])
    line(f"sampling {IMAGES} images on {GPUS} GPUs, s", [IMAGES * t / GPUS for t in sampled])
    line("forward and backward, ms per image", [1e3 * t for t in trained])
    line(f"step of {BATCH} images per GPU, ms", [1e3 * BATCH * t for t in trained])
    line(f"{steps} steps of {GPUS * BATCH} images, min", [steps * BATCH * t / 60 for t in trained])
    line(f"{steps} steps of {BATCH} images, min", [steps * BATCH * t / GPUS / 60 for t in trained])
    line(
        f"{steps} steps of {GPUS * BATCH} images, targets recomputed, min",
        [steps * BATCH * (t + s) / 60 for t, s in zip(trained, sampled, strict=True)],
    )


def training_operations(widths: list[int], latent: int) -> float:
    """Operations of pre-training per image at the last of these scales."""
    side = BASE * 2 ** (len(widths) - 1)
    with torch.device("meta"):
        generator, discriminator = Generator(latent, widths), Discriminator(widths)
    operations = GENERATOR_PASSES * counted(generator.fold(), latent)
    return operations + DISCRIMINATOR_PASSES * counted(discriminator, 3, side, side)


def pretraining_table() -> None:
    """Print what training the generator itself costs on all GPUs, scale by scale."""
    cards = (*CARDS, CHECK)
    print(f"\n| pre-training on {GPUS} GPUs, hours | " + " | ".join(card.name for card in cards) + " |")
    print("|---" * (len(cards) + 1) + "|")
    total = [0.0 for _ in cards]
    for level in range(len(WIDTHS)):
        widths = WIDTHS[: level + 1]
        operations = training_operations(widths, LATENT)
        outputs = 2 * sum(values for *_, values in layers(widths, LATENT))
        traffic = (GENERATOR_PASSES + DISCRIMINATOR_PASSES) * FORWARD * outputs
        shown = SHOWN if level else SHOWN / 2
        hours = [shown * card.seconds(operations, traffic) / GPUS / 3600 for card in cards]
        total = [before + new for before, new in zip(total, hours, strict=True)]
        if level >= 5:
            line(f"{BASE * 2**level}, {operations / 1e9:.0f}e9 operations per image", hours)
    line("all scales", total)
    print(
        "\n| the recipe's scale | 10⁶ operations per image | images a second | 10⁹ operations a second |\n"
        + "|---" * 4
        + "|"
    )
    for level, rate in enumerate(RATES):
        operations = training_operations(RECIPE[: level + 1], 64)
        print(f"| {BASE * 2**level} | {operations / 1e6:.0f} | {rate} | {rate * operations / 1e9:.0f} |")


def print_disk() -> None:
    """Print the sizes of files on disk."""
    with torch.device("meta"):
        generator, discriminator = map(numbers_in, (Generator(LATENT, WIDTHS), Discriminator(WIDTHS)))
    weights = 2 * generator + discriminator  # including the averaged generator
    moments = 2 * (generator + discriminator)
    photographs = PHOTOGRAPHS * 3 * (BASE * 2 ** (len(WIDTHS) - 1)) ** 2
    print(f"\nphotographs {photographs / 1e9:.0f} GB; one checkpoint {4 * (weights + moments) / 1e9:.2f} GB")


def line(what: str, values: list[float]) -> None:
    """Print a row with numbers to three digits."""
    each = (f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" for value in values)
    print(f"| {what} | " + " | ".join(each) + " |")


def main() -> None:
    """Print the tables."""
    with torch.device("meta"):
        generator = Generator(LATENT, WIDTHS)
    print(f"{numbers_in(generator) / 1e6:.1f} million parameters\n")
    training_table(generator, *generator_table(generator))
    pretraining_table()
    print_disk()


if __name__ == "__main__":
    main()
