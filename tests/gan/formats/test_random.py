"""Generators of random small architectures, written in every format and read back."""

import random

import pytest
import torch
from torch import nn

from latentspace.gan.formats.check import READERS, WRITERS, difference
from latentspace.gan.formats.program import Program
from latentspace.nn import models

NORMS = (nn.BatchNorm2d, lambda width: nn.GroupNorm(2, width), lambda width: nn.InstanceNorm2d(width, affine=True))
ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.GELU, nn.Softplus, nn.Mish, lambda: nn.PReLU(1))
ENDS = (nn.Tanh, nn.Sigmoid, nn.Identity)


class Random(nn.Module):
    """A generator with layers drawn by a seed."""

    def __init__(self, seed):
        super().__init__()
        draw = random.Random(seed)
        torch.manual_seed(seed)
        self.latent, self.side = draw.randint(2, 7), draw.choice([2, 4])
        self.width = width = draw.choice([4, 6, 8])
        self.first = nn.Sequential(
            nn.Linear(self.latent, 9), draw.choice(ACTIVATIONS)(), nn.Linear(9, width * self.side**2)
        )
        blocks = []
        for _ in range(draw.randint(1, 3)):
            new = draw.choice([4, 6, 8])
            blocks += [*self.upsampling(draw, width, new), draw.choice(NORMS)(new), draw.choice(ACTIVATIONS)()]
            width = new
        self.blocks = nn.Sequential(*blocks)
        self.last, self.end = (
            nn.Conv2d(width, draw.choice([1, 3]), draw.choice([1, 3]), padding="same"),
            draw.choice(ENDS)(),
        )
        self.skips = draw.random() < 0.5
        for buffer in self.buffers():
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 1.5)  # running means and variances

    @staticmethod
    def upsampling(draw, width, new):
        if draw.random() < 0.4:
            return [nn.ConvTranspose2d(width, new, 4, 2, 1)]
        if draw.random() < 0.3:
            return [nn.Conv2d(width, 4 * new, 3, padding=1), nn.PixelShuffle(2)]
        mode = draw.choice(["nearest", "bilinear", "bicubic"])
        more = {} if mode == "nearest" else {"align_corners": draw.random() < 0.5}
        pad = draw.choice(["zeros", "reflect", "replicate"])
        return [nn.Upsample(scale_factor=2, mode=mode, **more), nn.Conv2d(width, new, 3, padding=1, padding_mode=pad)]

    def forward(self, z):
        if self.skips:
            z = z / (z.square().mean(1, keepdim=True) + 1e-6).sqrt()
        x = self.blocks(self.first(z).view(-1, self.width, self.side, self.side))
        return self.end(self.last(x))


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("seed", range(10))
def test_a_random_generator_is_the_same_afterwards(kind, seed, tmp_path):
    made = Random(seed).eval()
    path = tmp_path / "generator"
    WRITERS[kind](made, torch.zeros(1, made.latent), path)
    read = READERS[kind](path, made.latent)
    assert isinstance(read, Program)
    latents = torch.randn(5, made.latent, generator=torch.Generator().manual_seed(1))
    assert difference(made, read, latents.double()) < 1e-5
    models.save(read.float(), tmp_path / "again.safetensors")
    with torch.no_grad():
        assert torch.allclose(models.load(tmp_path / "again.safetensors")(latents), made(latents), atol=1e-4)
