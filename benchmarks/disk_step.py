"""Speed of one training step of the disk autoencoder: our layers compared with the literal ones in the same run.

    python benchmarks/disk_step.py [--batch 64] [--threads 2] [--repeats 7] [--widths 8 4 4 3 2]

The literal form convolves at full resolution and then subsamples, or upsamples and then convolves, in torch's default
memory layout, with the same weights, loss and optimizer. The two are timed alternately; the median ratio is printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from latentspace.nn import memory
from latentspace.nn.layers import literal_down, literal_up
from latentspace.pipeline.params import parse, read_yaml
from latentspace.size.network import ShapeAutoencoder, build
from latentspace.size.params import Network, Variant


def literal(network: ShapeAutoencoder, x: Tensor) -> Tensor:
    """The same network computed layer by layer, as drawn on slide 9."""
    for level, layer in enumerate(network.down):
        x = literal_down(x, layer.weight, layer.bias)
        if level + 1 < len(network.down):
            x = F.leaky_relu(x, network.slope)
    for up in network.up:
        x = F.leaky_relu(literal_up(x, up.weight, up.bias), network.slope)
    return x


def seconds(network: ShapeAutoencoder, images: Tensor, *, fast: bool, steps: int) -> float:
    """Seconds per training step, mean over `steps` steps."""
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=fast)
    start = time.perf_counter()
    for _ in range(steps):
        loss = F.mse_loss(network(images) if fast else literal(network, images), images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - start) / steps


@memory.kept()
def main() -> None:
    """Time both forms alternately and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--widths", type=int, nargs="+", help="channels of both sides; default: params.yaml's")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    params = read_yaml(Path("params.yaml"))
    config = parse(Network, params["size_train"]["network"], "size_train.network")
    if options.widths:
        config = config.model_copy(update={"encoder_widths": options.widths, "decoder_widths": options.widths})
    size = params["size_disks"]["image_size"]
    network = build(config, Variant(), size, seed=0)
    images = torch.rand(options.batch, 1, size, size)
    difference = (network(images) - literal(network, images)).abs().max().item()
    seconds(network, images, fast=False, steps=3), seconds(network, images, fast=True, steps=10)
    pairs = [
        (seconds(network, images, fast=False, steps=4), seconds(network, images, fast=True, steps=20))
        for _ in range(options.repeats)
    ]
    ratios = sorted(slow / fast for slow, fast in pairs)
    print(f"batch {options.batch}, {size}×{size}, {options.threads} threads; largest difference {difference:.1e}")
    slow, fast = (statistics.median(pair) * 1e3 for pair in zip(*pairs, strict=True))
    print(f"literal {slow:.1f} ms, ours {fast:.1f} ms")
    print(f"ratio {statistics.median(ratios):.2f} (min {ratios[0]:.2f}, max {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
