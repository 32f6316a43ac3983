"""Import generators of the public GAN zoo without executing anything in its files.

The zoo stores a dict with ``config``, ``netG``, ``netD`` and ``avgG``. Its key layout changed once (``.module.`` was
added) and old configurations lack attributes, so the configuration is derived from the weights' shapes if possible.

Source: slides 40-41; the file format and forward pass of facebookresearch/pytorch_GAN_zoo.
"""

from __future__ import annotations

import copy
import hashlib
import math
import shutil
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from latentspace.gan import checkpoint
from latentspace.gan.layers import SLOPE
from latentspace.gan.network import Generator
from latentspace.gan.params import Which, ZooSource
from latentspace.gan.unpickle import Config, View
from latentspace.nn import models
from latentspace.pipeline import files

ADDRESS = "https://dl.fbaipublicfiles.com/gan_zoo/PGAN/"


TIMEOUT = 30.0  # seconds without data


@dataclass(frozen=True)
class Release:
    """A released file, whose name ends with the first digits of its SHA-256."""

    file: str
    size: int  # pixels
    tensors: int  # of a generator
    parameters: int  # of a generator, without those of the class one-hot
    conditional: bool = False


RELEASES: dict[str, Release] = {
    "celebAHQ-256": Release("celebaHQ_s6_i80000-6196db68.pth", 256, 42, 23_051_989),
    "celebAHQ-512": Release("celebaHQ16_december_s7_i96000-9c72988c.pth", 512, 48, 23_079_800),
    "celeba": Release("celebaCropped_s5_i83000-2b0acc76.pth", 128, 36, 22_941_074),
    "DTD": Release("testDTD_s5_i96000-04efa39f.pth", 128, 36, 22_941_074, conditional=True),
}


def fetch(release: str, folder: Path) -> Path:
    """Download a released file to `folder`, unless one with the digest in its name is there.

    Raises:
        ValueError: naming the file, if it cannot be downloaded or has another digest; it is not kept.
    """
    file = RELEASES[release].file
    path = folder / file
    if path.is_file() and _has_its_digest(path, file):
        return path
    try:
        with (
            urllib.request.urlopen(ADDRESS + file, timeout=TIMEOUT) as answer,
            files.atomic(path) as temporary,
        ):
            with temporary.open("wb") as out:
                shutil.copyfileobj(answer, out)
            if not _has_its_digest(temporary, file):
                raise ValueError(f"{path}: what {ADDRESS + file} sent is not this file; try again")
    except OSError as error:
        reason = " ".join(str(error).split())[:120]
        raise ValueError(f"{path}: cannot be downloaded from {ADDRESS + file} ({reason}); give a local file") from None
    return path


def locate(source: ZooSource, folder: Path) -> Path:
    """Path of the file that `source` names; a release is downloaded to `folder` unless it exists."""
    return source.file if source.file is not None else fetch(str(source.release), folder)


def _has_its_digest(path: Path, file: str) -> bool:
    return sha256(path).startswith(Path(file).stem.rpartition("-")[2])


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read(path: Path, network: Which = "netG", release: str | None = None) -> Generator:
    """Read the generator in a zoo file.

    Args:
        path: the file, in either of PyTorch's formats.
        network: ``netG``, from which the zoo samples, or ``avgG``, its running average.
        release: name of the expected release, whose numbers of tensors and parameters are checked.

    Raises:
        ValueError: one line naming the file and the mistake.
    """
    with checkpoint.opened(path) as stored:
        with _told(path):
            views = _views(stored.contents, network)
            config = _config(stored.contents.get("config"), views)
            with torch.device("meta"):
                models.check_shapes(Generator(**config), {name: view.size for name, view in views.items()})
        weights = stored.tensors(views)
    with _told(path):
        generator = Generator(**config)
        generator.load_state_dict(weights)
        generator.check()
        _check_release(generator, release)
    return generator.eval()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell every error in one line."""
    try:
        yield
    except (ValueError, RuntimeError, ArithmeticError, LookupError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path}: not a generator of the GAN zoo: {reason}") from None


def convert(path: Path, target: Path, network: Which = "netG", release: str | None = None) -> Generator:
    """Write the generator in a zoo file to `target` (safetensors), and its provenance to a JSON file; returns it.

    Raises:
        ValueError: as `read`; `target` is then not changed.
    """
    generator = read(path, network, release)
    models.save(generator, target)
    facts: dict[str, Any] = {"source": path.name, "sha256": sha256(path), "network": network, "release": release}
    facts |= {"parameters": models.parameter_count(generator), "config": generator.config}
    files.write_json(target.with_suffix(".json"), facts)
    return generator


def _views(contents: Any, network: Which) -> dict[str, View]:
    """State dict of `network` in the current key layout, without the ``module.`` of a `nn.DataParallel`."""
    if type(contents) is not dict or type(contents.get(network)) is not dict:
        raise ValueError(f"it has no {network}")
    state = {str(key): view for key, view in contents[network].items()}
    whole = "module." if all(key.startswith("module.") for key in state) else ""
    named = {}
    for key, view in state.items():
        stem, _, last = key.removeprefix(whole).rpartition(".")
        if not isinstance(view, View) or last not in {"weight", "bias"}:
            raise ValueError(f"{network} holds {key[:60]!r}, which is no weight")
        if not view.storage.dtype.is_floating_point:
            raise ValueError(f"{network} holds {key[:60]!r} in whole numbers ({view.storage.dtype})")
        named[f"{stem.removesuffix('.module')}.module.{last}"] = view
    return named


def _config(stored: Any, views: Mapping[str, View]) -> dict[str, Any]:
    """Arguments of `Generator`, from the weights' shapes or, if these do not determine them, the configuration."""
    said = stored.said if isinstance(stored, Config) else stored if type(stored) is dict else {}
    _check_supported(said)
    scales = 1 + len({key.split(".")[1] for key in views if key.startswith("scaleLayers.")})
    widths = [views["groupScale0.0.module.bias"].size[0]]
    widths += [views[f"scaleLayers.{scale}.1.module.bias"].size[0] for scale in range(scales - 1)]
    total = views["formatLayer.module.weight"].size[1]
    if said.get("latentVectorDim") not in (None, total):
        raise ValueError(f"its config has latent size {_shown(said['latentVectorDim'])}, its weights {total}")
    classes, alpha = _classes(said), said.get("alpha") or 0.0
    return {
        "latent": total - classes,
        "widths": widths,
        "classes": classes,
        "channels": views["toRGBLayers.0.module.bias"].size[0],
        "alpha": float(alpha) if isinstance(alpha, int) else alpha,
    }


def _classes(said: Mapping[str, Any]) -> int:
    """Length of the one-hot; several attributes have one each, and these are not one list of classes."""
    attributes, count = said.get("attribKeysOrder") or {}, said.get("categoryVectorDim") or 0
    if type(attributes) is not dict or type(count) is not int:
        raise ValueError(f"its config has {_shown(count)} classes of {_shown(attributes)}")
    if len(attributes) > 1:
        names = ", ".join(repr(name)[:20] for name in list(attributes)[:5])
        raise ValueError(f"its classes are of {len(attributes)} attributes ({names}); one list of classes is supported")
    for attribute in attributes.values():
        if type(attribute) is not dict or len(attribute.get("values", ())) != count:
            raise ValueError(f"its config counts {count} classes and names others")
    return count


def _check_supported(said: Mapping[str, Any]) -> None:
    """Raise ValueError for options of the zoo that none of its released generators uses."""
    expected: dict[str, tuple[Any, ...]] = {"equalizedlR": (True,), "perChannelNormalization": (True,)}
    expected["leakyReluLeak"] = (SLOPE,)
    expected["lossCriterion"] = ("WGANGP", "Logistic")  # the other two append a tanh to the generator
    for name, allowed in expected.items():
        if name in said and said[name] not in allowed:
            raise ValueError(f"its config has {name} = {_shown(said[name])}, which is not supported")


def _shown(value: Any) -> str:
    """A number or word as text; of anything else, which may have no end, its type."""
    return repr(value)[:60] if type(value) in {int, float, bool, str, type(None)} else f"a {type(value).__name__}"


def _check_release(generator: Generator, release: str | None) -> None:
    if release is None:
        return
    known = RELEASES[release]
    one_hot = generator.classes * len(generator.formatLayer.module.weight)
    found = (generator.size, len(generator.state_dict()), models.parameter_count(generator) - one_hot)
    if found != (known.size, known.tensors, known.parameters) or known.conditional != (generator.classes > 0):
        raise ValueError(
            f"it has {found[1]} tensors, {found[2]} parameters, {found[0]}² pixels and {generator.classes} classes; "
            f"{release} has {known.tensors}, {known.parameters} and {known.size}²"
        )


def literal_forward(
    weights: Mapping[str, Tensor], z: Float[Tensor, "batch latent"], alpha: float = 0.0
) -> Float[Tensor, "batch channels size size"]:
    """Images of latents by the zoo's arithmetic in its literal form: scaling after each layer, repeated pixels.

    Args:
        weights: a state dict in the current key layout.
        z: latents, including the one-hot.
        alpha: share of the previous scale.
    """

    def layer(x: Tensor, name: str) -> Tensor:
        weight, bias = weights[f"{name}.module.weight"], weights[f"{name}.module.bias"]
        linear = weight.ndim == 2
        y = F.linear(x, weight, bias) if linear else F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)
        return y * math.sqrt(2 / math.prod(weight.shape[1:]))

    def norm(x: Tensor) -> Tensor:
        return x * ((x**2).mean(dim=1, keepdim=True) + 1e-8).rsqrt()

    def twice(x: Tensor) -> Tensor:
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)

    x = F.leaky_relu(layer(norm(z), "formatLayer"), 0.2)
    x = norm(x.view(len(x), -1, 4, 4))
    x = norm(F.leaky_relu(layer(x, "groupScale0.0"), 0.2))
    scales = sum(key.startswith("toRGBLayers.") and key.endswith("bias") for key in weights)
    before = x
    for scale in range(scales - 1):
        before, x = x, twice(x)
        for i in (0, 1):
            x = norm(F.leaky_relu(layer(x, f"scaleLayers.{scale}.{i}"), 0.2))
    image = layer(x, f"toRGBLayers.{scales - 1}")
    return alpha * twice(layer(before, f"toRGBLayers.{scales - 2}")) + (1 - alpha) * image if alpha > 0 else image


@torch.no_grad()
def max_difference(generator: Generator, z: Float[Tensor, "batch latent"]) -> float:
    """Largest |difference| of a pixel between the zoo's arithmetic and our two forms of the generator.

    Computed in float64, as the rounding errors of a random generator reach 1e-5 in float32.
    """
    generator, z = copy.deepcopy(generator).double(), z.double()
    literal = literal_forward(generator.state_dict(), z, generator.alpha)
    return max(float((form(z) - literal).abs().max()) for form in (generator, generator.fold()))
