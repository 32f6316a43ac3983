"""Check of the import of GAN zoo files, on files of random weights in the zoo's layout (slide 42)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import torch
from torch import nn

from latentspace.gan import zoo_import
from latentspace.gan.layers import BASE, Equalised, convolution
from latentspace.gan.network import Generator
from latentspace.gan.params import Zoo
from latentspace.pipeline.measured import Findings, Measured

# Shapes of the releases: length of the latent, of the class one-hot, and widths of the scales, 4×4 first.
SHAPES: dict[str, tuple[int, int, list[int]]] = {
    "celebAHQ-256": (512, 0, [512, 512, 512, 512, 256, 128, 64]),
    "celebAHQ-512": (512, 0, [512, 512, 512, 512, 256, 128, 64, 32]),
    "celeba": (512, 0, [512, 512, 512, 512, 256, 128]),
    "DTD": (512, 47, [512, 512, 512, 512, 256, 128]),
}


MODULES = ("models", "models.utils", "models.utils.config")


def experiment(section: Zoo) -> Findings:
    """Largest difference between the zoo's forward pass and ours, on files in a temporary folder."""
    with TemporaryDirectory() as folder:
        worst = worst_difference(Path(folder), section.divide, section.seed)
    return Findings(
        [Measured("zoo", "max_difference", worst)], summary=f"largest difference to the zoo's forward pass {worst:.1e}"
    )


@contextmanager
def foreign_config() -> Iterator[type]:
    """Make the zoo's configuration class importable under its name inside the block, as pickling requires."""
    found = type("BaseConfig", (), {"__module__": MODULES[-1]})
    before = {name: sys.modules.get(name) for name in MODULES}
    sys.modules |= {name: ModuleType(name) for name in MODULES}
    sys.modules[MODULES[-1]].BaseConfig = found  # type: ignore[attr-defined]
    try:
        yield found
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def keys(network: nn.Module, old: bool) -> dict[str, torch.Tensor]:
    """State dict in the current key layout, or in the older one without ``.module.``."""
    state = network.state_dict()
    return {key.replace(".module.", ".") if old else key: tensor for key, tensor in state.items()}


def discriminator(widths: Sequence[int]) -> nn.Module:
    """Layers of a discriminator under the zoo's names, as zoo files have one, which the import skips."""
    first = widths[0]
    scales, colours = [], [convolution(3, first, 1)]
    flat = Equalised(nn.Linear(BASE * BASE * first, first))
    base = nn.ModuleList([convolution(first + 1, first), flat])
    decision = Equalised(nn.Linear(first, 1))
    for last, width in pairwise(widths):
        scales.append(nn.ModuleList([convolution(width, width), convolution(width, last)]))
        colours.append(convolution(3, width, 1))
    parts = {"scaleLayers": nn.ModuleList(scales), "fromRGBLayers": nn.ModuleList(colours)}
    return nn.ModuleDict({**parts, "groupScaleZero": base, "decisionLayer": decision})


def write(
    path: Path, generator: Generator, *, old_keys: bool, legacy: bool, config: Mapping[str, Any] | None = None
) -> None:
    """Write `generator` as both ``netG`` and ``avgG`` of a zoo file.

    Args:
        path: the file.
        generator: the generator to store.
        old_keys: omit ``.module.`` from the keys.
        legacy: use the format before PyTorch 1.6 instead of the zip archive.
        config: attributes of the stored configuration; by default those that the import reads.
    """
    said: dict[str, Any] = {
        "latentVectorDim": generator.latent + generator.classes,
        "categoryVectorDim": generator.classes,
    }
    said |= {"depthScale0": generator.widths[0], "depthOtherScales": generator.widths[1:], "lossCriterion": "WGANGP"}
    with foreign_config() as base_config:
        stored = base_config()
        vars(stored).update({**said, "alpha": generator.alpha} if config is None else config)
        weights = keys(generator, old_keys)
        other = keys(discriminator(generator.widths), old_keys)
        contents = {"config": stored, "netG": weights, "netD": other, "avgG": weights}
        torch.save(contents, path, _use_new_zipfile_serialization=not legacy)


def worst_difference(folder: Path, divide: int, seed: int) -> float:
    """Largest `zoo_import.max_difference` over the four released shapes, both key layouts and both file formats.

    Args:
        folder: for the files, which are removed again.
        divide: divisor of the releases' widths (at least 4 remain) and latents.
        seed: of weights and latents.
    """
    worst = 0.0
    for number, (latent, classes, widths) in enumerate(SHAPES.values()):
        torch.manual_seed(seed + number)
        made = Generator(latent // divide, [max(4, width // divide) for width in widths], classes)
        for parameter in made.parameters():
            nn.init.normal_(parameter)  # including biases
        for layout in range(4):
            path = folder / f"shape{number}_{layout}.pth"
            write(path, made, old_keys=bool(layout & 1), legacy=bool(layout & 2))
            z = torch.randn(2, latent // divide + classes)
            worst = max(worst, zoo_import.max_difference(zoo_import.read(path), z))
            path.unlink()
    return worst
