"""Speed of a generator's forward pass, alone and with the gradient to the latent, compared with the GAN zoo's form.

    python benchmarks/generator_step.py [--batch 32] [--repeats 9] [--generator assets/avatars.safetensors]

The zoo's form is written out in `gan.zoo_import.literal_forward`: it multiplies by a factor after every layer, and
repeats pixels before a convolution. Ours folds the constants into the weights, has one transposed convolution for
upsampling and convolution, and computes LeakyReLU with pixel norm in one pass over memory (`nn/fused.py`). The same
without fused operations, and in bfloat16, are timed too. All forms are timed alternately on one core, in CPU time: once
with the processor's native instructions, once with torch, oneDNN and numba restricted to AVX2.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor

from latentspace.gan.network import load_generator
from latentspace.gan.zoo_import import literal_forward
from latentspace.nn import fused, memory
from latentspace.pipeline.workers import one_thread

Form = Callable[[Tensor], Tensor]
CLASSES = {
    "native": {},
    "AVX2 only": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+popcnt,+sse4.1,+sse4.2",
    },
}


@contextmanager
def torch_alone() -> Iterator[None]:
    """Disable the numba kernels."""
    with mock.patch.object(fused, "supports", lambda x: False):
        yield


def seconds(form: Form, z: Tensor, *, backward: bool) -> float:
    """CPU seconds of one pass."""
    z = z.clone().requires_grad_(backward)
    start = time.process_time()
    with torch.set_grad_enabled(backward):
        images = form(z)
        if backward:
            images.float().square().mean().backward()
    return time.process_time() - start


def forms_of(path: Path) -> dict[str, Form]:
    """The forms of a generator, by name."""
    generator = load_generator(path).eval().requires_grad_(requires_grad=False)
    weights, folded = generator.state_dict(), generator.fold()

    def unfused(z: Tensor) -> Tensor:
        with torch_alone():
            return folded(z)

    return {
        "literal": lambda z: literal_forward(weights, z),
        "folded": unfused,
        "folded, fused": folded,
        "folded, bfloat16": generator.fold().to(torch.bfloat16),
    }


def differences(forms: dict[str, Form], z: Tensor) -> None:
    """Print the difference between the images of every form and the literal ones."""
    with torch.no_grad():
        exact = forms["literal"](z)
        for name, form in forms.items():
            wrong = form(z).float() - exact
            share = float(wrong.square().mean() / exact.var(0).mean())
            print(f"{name}: largest difference {float(wrong.abs().max()):.1e}, share of the variance {share:.1e}")


def row(forms: dict[str, Form], z: Tensor, repeats: int, *, backward: bool) -> str:
    """Milliseconds of every form, and the ratio of the literal form to ours."""
    times: dict[str, list[float]] = {name: [] for name in forms}
    for repeat in range(repeats + 2):
        for name, form in forms.items():
            spent = seconds(form, z, backward=backward)
            if repeat >= 2:  # the first passes choose kernels
                times[name].append(spent * 1e3)
    middle = {name: statistics.median(values) for name, values in times.items()}
    ratio = middle["literal"] / middle["folded, fused"]
    return " | ".join([*(f"{value:.0f}" for value in middle.values()), f"{ratio:.1f}"])


@memory.kept()
def measure(what: str, options: argparse.Namespace) -> None:
    """Print the rows for one instruction set."""
    one_thread()
    forms = forms_of(options.generator)
    z = torch.randn(options.batch, 64, generator=torch.Generator().manual_seed(0))
    if what == "native":
        differences(forms, z)
        print(f"| ms | processor | {' | '.join(forms)} | ratio |\n|---|---|{'---|' * (len(forms) + 1)}")
    for backward in (False, True):
        kind = "forward and backward" if backward else "forward"
        print(f"| {kind} | {what} | {row(forms, z, options.repeats, backward=backward)} |", flush=True)


def main() -> None:
    """Measure with every instruction set, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--generator", type=Path, default=Path("assets/avatars.safetensors"))
    parser.add_argument("--processor", choices=CLASSES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.processor:
        measure(options.processor, options)
        return
    for what, environment in CLASSES.items():
        command = [sys.executable, *sys.argv, "--processor", what]
        subprocess.run(command, env=os.environ | environment, check=True)


if __name__ == "__main__":
    main()
