"""Files in the zoo's own layout with random weights, to measure the import against the zoo's arithmetic."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from latentspace.gan import zoo
from latentspace.gan.network import Discriminator, Generator

# Released shapes: latent, class one-hot, widths at 4×4 and on.
SHAPES: dict[str, tuple[int, int, list[int]]] = {
    "celebAHQ-256": (512, 0, [512, 512, 512, 512, 256, 128, 64]),
    "celebAHQ-512": (512, 0, [512, 512, 512, 512, 256, 128, 64, 32]),
    "celeba": (512, 0, [512, 512, 512, 512, 256, 128]),
    "DTD": (512, 47, [512, 512, 512, 512, 256, 128]),
}
MODULES = ("models", "models.utils", "models.utils.config")


@contextmanager
def foreign_config() -> Iterator[type]:
    """The zoo's configuration class under its own name, importable while the block lasts, as pickling it needs."""
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
    """State dict in today's key layout, or in the older one without ``.module.``."""
    state = network.state_dict()
    return {key.replace(".module.", ".") if old else key: tensor for key, tensor in state.items()}


def write(
    path: Path, generator: Generator, *, old_keys: bool, legacy: bool, config: Mapping[str, Any] | None = None
) -> None:
    """Write `generator` as both ``netG`` and ``avgG`` of a zoo file.

    Args:
        path: the file.
        generator: with the weights to store.
        old_keys: leave ``.module.`` out of the keys.
        legacy: the format before PyTorch 1.6, else the zip archive.
        config: attributes of the stored configuration; those that matter by default.
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
        judge = keys(Discriminator(generator.widths), old_keys)
        contents = {"config": stored, "netG": weights, "netD": judge, "avgG": weights}
        torch.save(contents, path, _use_new_zipfile_serialization=not legacy)


def worst_difference(folder: Path, divide: int, seed: int) -> float:
    """Largest `zoo.max_difference` over the four released shapes, both key layouts and both file formats.

    Args:
        folder: where the files are written, and removed.
        divide: widths (at least 4) and latents are those of the releases over this.
        seed: of weights and latents.
    """
    worst = 0.0
    for number, (latent, classes, widths) in enumerate(SHAPES.values()):
        torch.manual_seed(seed + number)
        made = Generator(latent // divide, [max(4, width // divide) for width in widths], classes)
        for parameter in made.parameters():
            nn.init.normal_(parameter)  # biases too
        for layout in range(4):
            path = folder / f"shape{number}_{layout}.pth"
            write(path, made, old_keys=bool(layout & 1), legacy=bool(layout & 2))
            z = torch.randn(2, latent // divide + classes)
            worst = max(worst, zoo.max_difference(zoo.read(path), z))
            path.unlink()
    return worst
