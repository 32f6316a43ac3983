"""Check of the formats of generators, on our own ones written in each of them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.gan.formats import exported, onnx_file, torchscript
from latentspace.gan.formats.program import Program
from latentspace.gan.network import Generator
from latentspace.gan.params import Formats
from latentspace.pipeline.measured import Findings, Measured


def experiment(generators: Mapping[str, Generator], section: Formats) -> Findings:
    """Largest difference between the images of a generator and of its file in every format."""
    rows = []
    for name, generator in generators.items():
        length = generator.latent + generator.classes
        latents = torch.randn(section.images, length, generator=torch.Generator().manual_seed(section.seed))
        with TemporaryDirectory() as folder:
            for kind, write in WRITERS.items():
                path = Path(folder) / kind
                write(generator.eval(), torch.zeros(1, length), path)
                found = difference(generator, READERS[kind](path, length), latents.double())
                rows.append(Measured("exported", "max_difference", found, place=f"{name}_{kind}"))
    worst = max(row.value for row in rows)
    return Findings(rows, summary=f"largest difference to a generator read from another format {worst:.1e}")


@torch.no_grad()
def difference(generator: nn.Module, program: Program, latents: Float[Tensor, "n latent"]) -> float:
    """Largest difference of images in float64, where equal arithmetic leaves the rounding of the stored weights."""
    found = (generator.double()(latents) - program.double()(latents)).abs().max().item()
    generator.float()
    return found


def write_exported(generator: nn.Module, example: Tensor, path: Path) -> None:
    """Write a file of `torch.export.save`."""
    with path.open("wb") as file:
        torch.export.save(torch.export.export(generator, (example,)), file)


def write_torchscript(generator: nn.Module, example: Tensor, path: Path) -> None:
    """Write a file of `torch.jit.save`, a trace of the operations that `torch.export` finds."""
    plain = torch.export.export(generator, (example,)).module()
    with _quiet():
        torch.jit.save(torch.jit.trace(plain, example, check_trace=False), path)


def write_onnx(generator: nn.Module, example: Tensor, path: Path) -> None:
    """Write an ONNX file."""
    with _quiet():
        program: Any = torch.onnx.export(generator, (example,), dynamo=True, verbose=False)
        program.save(path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporters' warnings about their own future."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


WRITERS: dict[str, Callable[[nn.Module, Tensor, Path], None]] = {
    "exported": write_exported,
    "torchscript": write_torchscript,
    "onnx": write_onnx,
}
READERS: dict[str, Callable[[Path, int], Program]] = {
    "exported": lambda path, _: exported.read(path),
    "torchscript": torchscript.read,
    "onnx": onnx_file.read,
}
