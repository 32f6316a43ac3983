"""Where the time of a training step goes, by torch's profiler: a Markdown table of shares from one run.

    python benchmarks/where.py [--steps 20] [--threads 1]

A share is the time inside operations of one kind over the time inside all of them. *Products* are convolutions, matrix
products and their gradients; *elementwise* operations act on every number separately, such as activations and the
products of a norm; *sums* reduce an axis; *moves* copy, gather, fill or change the layout; the *rest* is autograd, the
optimizer and Python.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping

import torch
from torch.profiler import ProfilerActivity, profile

from latentspace.nn import memory
from scaling import Step, disk_step, generator_step, neighbourhood_step, organise_step

KINDS = {
    "products": ("convolution", "mm", "linear", "matmul"),
    "moves": ("copy", "shuffle", "cat", "clone", "index", "fill", "zero", "empty", "to", "contiguous", "resize"),
    "sums": ("sum", "mean", "mse_loss", "norm", "var"),
    "elementwise": ("aten::",),
}
STEPS: dict[str, Step] = {
    "disk autoencoder, batch 64": disk_step(),
    "PCA autoencoder of images, batch 256": organise_step(),
    "PCA autoencoder through a generator, batch 32": neighbourhood_step(),
    "generator, forward and backward, batch 32": generator_step(),
}


def kind_of(name: str) -> str:
    """Kind of an operation, by its name."""
    if not name.startswith("aten::"):
        return "rest"
    words = name.removeprefix("aten::")
    return next((kind for kind, parts in KINDS.items() if any(part in words for part in parts)), "elementwise")


def shares(step: Step, count: int) -> tuple[float, Mapping[str, float], Mapping[str, float]]:
    """Milliseconds of a step, and the share of each kind and of each operation."""
    for _ in range(3):
        step()  # the first steps choose kernels
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(count):
            step()
    spent: defaultdict[str, float] = defaultdict(float)
    for event in profiler.key_averages():
        spent[event.key] += event.self_cpu_time_total
    total = sum(spent.values())
    by_kind: defaultdict[str, float] = defaultdict(float)
    for name, time in spent.items():
        by_kind[kind_of(name)] += time / total
    return total / count / 1e3, by_kind, {name: time / total for name, time in spent.items()}


@memory.kept()
def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    kinds = [*KINDS, "rest"]
    print(f"| step | ms | {' | '.join(kinds)} | the three most expensive operations |")
    print("|---" * (len(kinds) + 3) + "|")
    for what, step in STEPS.items():
        milliseconds, by_kind, by_name = shares(step, options.steps)
        cells = " | ".join(f"{by_kind[kind]:.2f}" for kind in kinds)
        most = sorted(by_name.items(), key=lambda each: -each[1])
        largest = ", ".join(f"{name.removeprefix('aten::')} {share:.2f}" for name, share in most[:3])
        print(f"| {what} | {milliseconds:.1f} | {cells} | {largest} |", flush=True)


if __name__ == "__main__":
    main()
