import pytest
import torch

from latentspace.gan.formats.traced import traced
from latentspace.photos.generator import Networks
from latentspace.photos.params import Spaces
from latentspace.photos.shortcut import Shortcut

LATENT, STYLE = 6, 5


class Tiny(Networks):
    """Networks of a few numbers: a linear mapping with a mean, features of 4 channels, and images made of these."""

    latent = LATENT

    def __init__(self):
        made = torch.Generator().manual_seed(0)
        mix, spread = torch.randn(STYLE, LATENT, generator=made), torch.randn(4, STYLE, generator=made)
        grid = torch.randn(4, 32, 32, generator=made)
        rest = Shortcut(torch.randn(12, 4, 3, 3, generator=made) / 20, torch.randn(12, generator=made) / 20)
        self.mapping = lambda z: z @ mix.T + 3
        self.features = lambda w: (w @ spread.T)[:, :, None, None] * grid
        self.synthesis = lambda w: rest(self.features(w))
        self.rest = rest


@pytest.fixture
def networks():
    return Tiny()


@pytest.fixture
def settings():
    return Spaces(image_size=64, seed=0, mean_of=4096, truncation=0.5, dimensions=3, fit_images=48, ridge=1e-6)


@pytest.fixture
def tiny():
    """A generator of 8² images of 4 numbers."""
    weight = torch.randn(4, 3 * 64, generator=torch.Generator().manual_seed(1)) / 2
    return traced(lambda z: (z @ weight).view(-1, 3, 8, 8).tanh(), [4], (-1.0, 1.0), "normal")
