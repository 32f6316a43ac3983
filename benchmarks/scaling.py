"""How time and memory grow with images, components, resolution and batch, and how near each step is to the peak rate.

    python benchmarks/scaling.py [--repeats 5] [--threads 1]

Three Markdown tables from one run.

*Time*: one quantity of the shipped configuration is varied; the exponent is the slope of log time over the log of that
quantity (1 is proportional, 0 is constant).

*Peak*: the operations that torch counts in a step, divided by its time, relative to the best rate of a large matrix
product and of a 3×3 convolution on the same number of threads. Either may be the slower: torch's product in single
precision can use half of an AMD processor's vector width where its convolution uses all of it.

*Memory*: growth of the process's memory at its peak, each row in a process of its own; *anonymous* excludes mapped
files, which the kernel may drop. Both are read from /proc, since getrusage's peak would include that of the parent
process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from latentspace.gan.neighbourhood import Neighbourhood, drawn_anchors
from latentspace.gan.network import FrozenGenerator, Generator, load_generator
from latentspace.gan.rendering import PlacedGenerator, render
from latentspace.nn import memory
from latentspace.nn.objective import Objective
from latentspace.pca.defaults import HIDDEN
from latentspace.pca.errors import ErrorThrough, MeanSquare
from latentspace.pca.growth import PacketObjective
from latentspace.pca.networks import ConvDecoder, ConvEncoder, DenseNetwork, ScaleFreeBatchNorm
from latentspace.pca.settings import Settings
from latentspace.pipeline.params import parse, read_yaml
from latentspace.pipeline.workers import one_thread
from latentspace.size.network import build
from latentspace.size.params import Network, Variant

Step = Callable[[], object]
PARAMS = read_yaml(Path("params.yaml"))
WIDTHS = [96, 96, 64, 32, 16, 8]  # those of the shipped generators and one more scale
SETTINGS = Settings(weight=0.1, code_noise=0.25)


def training_step(objective: Objective, rows: tuple[Tensor, ...], batch: int) -> Step:
    """One step of `nn.fit`: a batch by its indices, loss, gradients, Adam."""
    optimizer = torch.optim.Adam(objective.parameter_groups(), 1e-3, fused=True)

    def step() -> None:
        picked = torch.randint(len(rows[0]), (batch,))
        loss = objective(*(tensor[picked] for tensor in rows))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def organise_step(batch: int = 256, images: int = 1024, size: int = 64, components: int = 3) -> Step:
    """Step of the last component on images, with the shipped networks (the levels of 64 pixels at every size)."""
    network = PARAMS["organise_train"]["network"]
    encoder = ConvEncoder(size, 1, network["encoder_widths"], 1)
    decoder = ConvDecoder(size, 1, network["decoder_widths"], components)
    x, codes = torch.rand(images, 1, size, size), torch.randn(images, components - 1)
    return training_step(
        PacketObjective(encoder, decoder, ScaleFreeBatchNorm(1), MeanSquare(), SETTINGS), (x, codes, x), batch
    )


def frozen(size: int) -> FrozenGenerator:
    """A generator with random weights and the shipped widths."""
    torch.manual_seed(0)
    return Generator(64, WIDTHS[: size.bit_length() - 2]).fold().eval()


def neighbourhood_step(batch: int = 32, size: int = 64, components: int = 5) -> Step:
    """Step of the last component through a generator, which takes nearly all of its time (eq. 16)."""
    generator, place = frozen(size), Neighbourhood(drawn_anchors(64, [1])[0], 0.7)
    offsets, codes = torch.randn(256, 64), torch.randn(256, components - 1)
    target = torch.rand(256, 3, size, size, dtype=torch.float16)
    error = ErrorThrough(PlacedGenerator(generator, place), 1.0)
    encoder, decoder = DenseNetwork(64, HIDDEN, 1), DenseNetwork(components, HIDDEN * components, 64)
    objective = PacketObjective(encoder, decoder, ScaleFreeBatchNorm(1), error, SETTINGS)
    return training_step(objective, (offsets, codes, target), batch)


def generator_step(batch: int = 32, size: int = 64) -> Step:
    """Images, and the gradient to their latents."""
    return partial(forward_backward, frozen(size), torch.randn(batch, 64))


def forward_backward(generator: FrozenGenerator, z: Tensor) -> None:
    """One forward pass to the images and one backward pass to the latents."""
    generator(z.requires_grad_()).float().square().mean().backward()


def sampling(images: int = 256, size: int = 64) -> Step:
    """Images of a neighbourhood, computed once before a training."""
    return partial(render, frozen(size), torch.randn(images, 64))


def disk_step(batch: int = 64) -> Step:
    """Step of the shipped disk autoencoder."""
    size = PARAMS["size_disks"]["image_size"]
    network = build(parse(Network, PARAMS["size_train"]["network"], "size_train.network"), Variant(), size, seed=0)
    return training_step(Reconstruction(network), (torch.rand(batch, 1, size, size),), batch)


class Reconstruction(Objective):
    """Mean squared error between a network's output and its input."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The loss."""
        return {"loss": F.mse_loss(self.network(x), x)}


# label, function, quantity varied, values
TIMES: tuple[tuple[str, Callable[..., Step], str, Sequence[int]], ...] = (
    ("PCA autoencoder of images, step", organise_step, "batch", (64, 128, 256, 512)),
    ("", organise_step, "images", (512, 2048, 8192)),
    ("", organise_step, "size", (32, 64, 128)),
    ("", organise_step, "components", (1, 2, 4, 8)),
    ("PCA autoencoder through a generator, step", neighbourhood_step, "batch", (8, 16, 32, 64)),
    ("", neighbourhood_step, "components", (1, 2, 4, 8)),
    ("", neighbourhood_step, "size", (16, 32, 64, 128)),
    ("sampling a neighbourhood", sampling, "images", (64, 128, 256)),
    ("", sampling, "size", (16, 32, 64, 128)),
    ("generator, forward and backward", generator_step, "batch", (8, 16, 32, 64)),
    ("", generator_step, "size", (16, 32, 64, 128)),
)
MEMORY: tuple[tuple[str, Callable[[], Step]], ...] = (
    ("PCA autoencoder of images, step, batch 256", partial(organise_step, 256)),
    ("the same, batch 512", partial(organise_step, 512)),
    ("the same, 128 pixels", partial(organise_step, 256, size=128)),
    ("PCA autoencoder through a generator, step, batch 32", partial(neighbourhood_step, 32)),
    ("the same, batch 64", partial(neighbourhood_step, 64)),
    ("the same, 128 pixels", partial(neighbourhood_step, 32, size=128)),
)


def seconds(step: Step, repeats: int) -> float:
    """Seconds of a step, median; two untimed steps choose kernels."""
    times = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times[2:])


def exponent(values: Sequence[int], times: Sequence[float]) -> float:
    """Slope of log time over the log of the quantity varied."""
    return float(np.polyfit(np.log(values), np.log(times), 1)[0])


def bytes_used(kind: str) -> int:
    """Memory of this process in bytes: ``VmHWM`` at its peak, ``RssAnon`` at present and without mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


def peaks(work: Callable[[], object], answer: multiprocessing.SimpleQueue[tuple[float, float]]) -> None:
    """Growth of this process's memory during `work`, in bytes, at the peak: in total, and anonymous only."""
    before, own, done = bytes_used("VmHWM"), bytes_used("RssAnon"), threading.Event()
    most = [own]

    def watch() -> None:
        while not done.wait(0.002):
            most.append(max(most.pop(), bytes_used("RssAnon")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    answer.put((bytes_used("VmHWM") - before, most[0] - own))


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """`peaks` of `work`, in a process of its own, since a process's peak never decreases."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.SimpleQueue[tuple[float, float]] = context.SimpleQueue()
    process = context.Process(target=peaks, args=(work, answer))
    process.start()
    process.join()
    return answer.get()


@memory.kept()
def three_steps(make: Callable[[], Step]) -> None:
    """Run three steps on one thread, set-up included."""
    one_thread()
    step = make()
    for _ in range(3):
        step()


def rendered(count: int, path: Path | None) -> None:
    """Sample a neighbourhood in memory or into a file."""
    one_thread()
    render(frozen(64), torch.randn(count, 64), path)


def product_rate(side: int = 1536) -> float:
    """Operations a second of a large matrix product."""
    a, b = torch.randn(side, side), torch.randn(side, side)
    return 2 * side**3 / seconds(lambda: a @ b, 7)


def convolution_rate(channels: int = 96, side: int = 16, batch: int = 32) -> float:
    """Operations a second of a 3×3 convolution; products with the padding are counted, as torch does."""
    x = torch.randn(batch, channels, side, side).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(channels, channels, 3, 3)
    return 2 * 9 * channels**2 * side**2 * batch / seconds(lambda: F.conv2d(x, weight, padding=1), 20)


def operations(step: Step) -> int:
    """Operations of matrix products and convolutions in a step, a multiplication and an addition counting as two."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def table_of_times(repeats: int) -> None:
    """Print the growth of time."""
    print("| time of | varied | values | ms | exponent |\n|---|---|---|---|---|")
    for what, make, varied, values in TIMES:
        times = [seconds(make(**{varied: value}), repeats) for value in values]
        each = ", ".join(f"{1e3 * t:.3g}" for t in times)
        print(
            f"| {what} | {varied} | {', '.join(map(str, values))} | {each} | {exponent(values, times):.2f} |",
            flush=True,
        )


def table_of_memory() -> None:
    """Print the growth of memory."""
    print("\n| memory of | peak, MB | anonymous, MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rows = [(what, partial(three_steps, make)) for what, make in MEMORY]
        for count in (2000, 8000):
            kept, mapped = partial(rendered, count, None), partial(rendered, count, Path(folder) / "images.npy")
            what = f"sampling {count} images of {count * 3 * 64**2 * 2 / 1e6:.0f} MB"
            rows += [(f"{what}, in memory", kept), (f"{what}, in a file", mapped)]
        for what, work in rows:
            peak, own = measured(work)
            print(f"| {what} | {peak / 1e6:.0f} | {own / 1e6:.0f} |", flush=True)


def table_of_peaks(repeats: int) -> None:
    """Print how near the steps are to the peak rate of a matrix product or a convolution."""
    shipped = load_generator(Path("assets/avatars.safetensors")).fold().eval()
    steps: tuple[tuple[str, Step], ...] = (
        ("disk autoencoder, batch 64", disk_step()),
        ("PCA autoencoder of images, batch 256", organise_step()),
        ("generator, forward and backward, batch 32", partial(forward_backward, shipped, torch.randn(32, 64))),
    )
    product, convolution = product_rate(), convolution_rate()
    print(
        "\n| step | operations | a second | matrix product | convolution | share of the better |\n" + "|---" * 6 + "|"
    )
    for what, step in steps:
        count, spent = operations(step), seconds(step, repeats)
        rate = count / spent
        each = " | ".join(f"{value / 1e9:.0f}e9" for value in (rate, product, convolution))
        print(f"| {what} | {count / 1e9:.2f}e9 | {each} | {rate / max(product, convolution):.2f} |", flush=True)


@memory.kept()
def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    table_of_times(options.repeats)
    table_of_peaks(options.repeats)
    table_of_memory()


if __name__ == "__main__":
    main()
