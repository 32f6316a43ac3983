"""Speed of a generator's forward pass, and of that and the gradient to the latent, beside the GAN zoo's form.

    python benchmarks/generator_step.py [--batch 32] [--repeats 9] [--generator assets/avatars.safetensors]

The zoo's form is written out in `gan.zoo.literal_forward`: factors multiplied after every layer, pixels repeated, then
convolved. Ours has the constants folded into the weights and one transposed convolution for upsampling and convolution,
in single precision and, as the experiments use it, in bfloat16. All are timed in turn on one core.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from latentspace.gan.generators import read
from latentspace.gan.zoo import literal_forward

Form = Callable[[Tensor], Tensor]


def seconds(form: Form, z: Tensor, *, backward: bool) -> float:
    """Seconds of one pass."""
    z = z.clone().requires_grad_(backward)
    start = time.perf_counter()
    with torch.set_grad_enabled(backward):
        images = form(z)
        if backward:
            images.float().square().mean().backward()
    return time.perf_counter() - start


def main() -> None:
    """Print a table row per kind of pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--generator", type=Path, default=Path("assets/avatars.safetensors"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    generator = read(options.generator).eval().requires_grad_(requires_grad=False)
    weights = generator.state_dict()
    forms: dict[str, Form] = {
        "literal": lambda z: literal_forward(weights, z),
        "folded": generator.fold(),
        "folded, bf16": generator.fold().to(torch.bfloat16),
    }
    z = torch.randn(options.batch, generator.latent, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        exact = forms["literal"](z)
        for name, form in forms.items():
            wrong = form(z).float() - exact
            share = float(wrong.square().mean() / exact.var(0).mean())
            print(f"{name}: largest difference {float(wrong.abs().max()):.1e}, share of the variance {share:.1e}")
    for backward in (False, True):
        times: dict[str, list[float]] = {name: [] for name in forms}
        for repeat in range(options.repeats + 2):
            for name, form in forms.items():
                spent = seconds(form, z, backward=backward)
                if repeat >= 2:  # the first ones choose kernels
                    times[name].append(spent)
        middle = {name: statistics.median(values) for name, values in times.items()}
        kind = "forward and backward to the latent" if backward else "forward"
        ratios = ", ".join(f"{name} {middle['literal'] / value:.2f}" for name, value in middle.items())
        rate = ", ".join(f"{name} {options.batch / value:.0f}" for name, value in middle.items())
        print(f"{kind}: images a second {rate}; times as fast: {ratios}")


if __name__ == "__main__":
    main()
