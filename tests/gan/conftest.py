import pytest
import torch

from latentspace.gan.network import Generator


@pytest.fixture(scope="session")
def generator():
    """A tiny frozen generator with random weights: latents of 8 numbers, images of 8 × 8 pixels."""
    torch.manual_seed(0)
    return Generator(8, [6, 4]).eval().fold()
