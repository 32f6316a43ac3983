"""The arithmetic of a run: float32 where bfloat16 is not native or not faster."""

import os
import subprocess
import sys

import pytest
import torch

from latentspace.pipeline import compute
from latentspace.pipeline.compute import Compute

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}  # a processor without AVX-512


@pytest.mark.parametrize(
    ("device", "precision", "gpu", "generators", "autoencoders"),
    [
        ("cpu", "auto", False, "32-true", "32-true"),
        ("cpu", "auto", True, "32-true", "32-true"),
        ("auto", "auto", False, "32-true", "32-true"),
        ("auto", "auto", True, "bf16-mixed", "32-true"),
        ("cuda", "32-true", True, "32-true", "32-true"),
        ("cpu", "bf16-mixed", False, "bf16-mixed", "bf16-mixed"),
    ],
)
def test_bfloat16_only_where_it_is_native_or_asked_for(monkeypatch, device, precision, gpu, generators, autoencoders):
    monkeypatch.setattr(compute, "gpu_has_bfloat16", lambda: gpu)
    found = Compute(device, precision)
    assert (found.of_generators, found.of_autoencoders) == (generators, autoencoders)
    assert found.dtype_of_generators == (torch.bfloat16 if generators == "bf16-mixed" else torch.float32)


STEP = """
import sys, torch
from torch.profiler import ProfilerActivity, profile
from latentspace.pipeline.compute import Compute
from latentspace.gan.network import Generator
generator = Generator(8, [16, 8, 8]).fold().to(Compute(precision=sys.argv[1]).dtype_of_generators)
z = torch.randn(32, 8, requires_grad=True)  # in a batch below 16, torch leaves oneDNN for 1×1 convolutions
with profile(activities=[ProfilerActivity.CPU]) as profiler:
    generator(z).float().square().mean().backward()
print(*{event.key for event in profiler.key_averages()})
"""


def operations(precision, **environment):
    done = subprocess.run(
        [sys.executable, "-c", STEP, precision],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("processor", [{}, AVX2], ids=["this", "AVX2 only"])
def test_no_step_of_a_generator_leaves_the_fast_convolutions(processor):
    assert "aten::mkldnn_convolution" in (names := operations("auto", **processor))
    assert not [name for name in names if "slow_conv" in name]


def test_bfloat16_without_avx_512_does_leave_them():
    """The reason for the choice, and the proof that the test above can fail."""
    assert [name for name in operations("bf16-mixed", **AVX2) if "slow_conv" in name]
