"""Freed memory: kept for the next step inside, given back at the end."""

import os
import resource
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only glibc has the switches")

STEPS = """
import sys
from contextlib import nullcontext
from pathlib import Path
from resource import RUSAGE_SELF, getpagesize, getrusage
import torch
from latentspace.nn.memory import kept

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()

x, faults = torch.ones(2**21, requires_grad=True), []
x.sum().backward()
before = resident()
with kept() if sys.argv[1] == "kept" else nullcontext():
    for _ in range(60):
        (2 * x.sigmoid()).tanh().sum().backward()
        faults.append(getrusage(RUSAGE_SELF).ru_minflt)
    inside = resident()
print(faults[-1] - faults[-31], inside - before, resident() - before)
"""
ARRAY = 2**23  # bytes of one


def steps(word, **environment):
    command = [sys.executable, "-c", STEPS, word]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return map(int, done.stdout.split())


def test_freed_memory_serves_the_next_step_and_goes_back_at_the_end():
    pages = ARRAY // resource.getpagesize()
    faults, inside, after = min(tuple(steps("kept")) for _ in range(3))  # a busy machine takes pages back at times
    otherwise, _, _ = steps("not kept")
    assert faults < 3 * pages < otherwise
    assert inside > 2 * ARRAY > ARRAY > after


def test_who_has_turned_the_switch_keeps_it():
    faults, inside, _ = steps("kept", MALLOC_MMAP_THRESHOLD_="1000000")
    assert faults > 10 * ARRAY // resource.getpagesize()
    assert inside < ARRAY
