"""Speed of one training step of a position decoder, compared with CoordConv's in the same run.

    python benchmarks/position_step.py [--repeats 9] [--steps 40]

Networks, batch sizes and loss are those of params.yaml; the two are timed alternately on one core. CoordConv works at
full resolution in every layer, so it has smaller batches: `coordconv_batch_size` and `coordconv_batch_size_2d` bring
the ratios printed here near 1, so that equal numbers of steps take equal time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch

from latentspace.nn.models import parameter_count
from latentspace.pipeline.params import parse, read_yaml
from latentspace.position.networks import AnyDecoder, CoordConvDecoder, DecoderObjective, PositionDecoder, initialise
from latentspace.position.params import Decoder


def seconds(network: AnyDecoder, batch: int, steps: int) -> float:
    """Seconds per training step, mean over `steps` steps."""
    objective, optimizer = DecoderObjective(network), torch.optim.Adam(network.parameters(), fused=True)
    positions = torch.rand(batch, network.dimensions) * (network.image_size - 1)
    start = time.perf_counter()
    for _ in range(steps):
        loss = objective(positions)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - start) / steps


def compare(
    ours: PositionDecoder, coordconv: CoordConvDecoder, batches: tuple[int, int], options: argparse.Namespace
) -> str:
    """One line: both step times and their ratio, medians over the repeats."""
    each: tuple[tuple[AnyDecoder, int], ...] = ((ours, batches[0]), (coordconv, batches[1]))
    for network, batch in each:
        initialise(network, 0)
        seconds(network, batch, 10)
    pairs = [
        (seconds(ours, batches[0], options.steps), seconds(coordconv, batches[1], options.steps))
        for _ in range(options.repeats)
    ]
    ratios = sorted(first / second for first, second in pairs)
    first, second = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
    spread = f"{statistics.median(ratios):.2f} (min {ratios[0]:.2f}, max {ratios[-1]:.2f})"
    counts = f"{parameter_count(ours)} and {parameter_count(coordconv)} parameters"
    return f"batches {batches}, {counts}: ours {first:.2f} ms, CoordConv {second:.2f} ms, ratio {spread}"


def main() -> None:
    """Time the decoders of lines and of images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    section = parse(Decoder, read_yaml(Path("params.yaml"))["position_train_decoder"], "position_train_decoder")
    for dimensions, place, widths, coordconv_batch in (
        (1, section.line, section.coordconv_widths, section.coordconv_batch_size),
        (2, section.image, section.coordconv_widths_2d, section.coordconv_batch_size_2d),
    ):
        ours = PositionDecoder(place.image_size, dimensions, place.widths)
        coordconv = CoordConvDecoder(place.image_size, dimensions, widths)
        batches = (section.training.batch_size, coordconv_batch)
        print("lines: " if dimensions == 1 else "images:", compare(ours, coordconv, batches, options))


if __name__ == "__main__":
    main()
