"""Networks as files: weights as safetensors, configuration and digest in the header, no pickle."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from latentspace.nn.kinds import FORMER, KINDS
from latentspace.pipeline.files import atomic

PACKAGE = __name__.split(".")[0]


N = TypeVar("N", bound=nn.Module)
LARGEST = 2**53  # number in a config; the largest size of a tensor is of this order
REGISTERED: dict[str, type[nn.Module]] = {}  # kinds of networks outside this package


@runtime_checkable
class Saveable(Protocol):
    """A network that can be rebuilt from plain values: ``type(network)(**network.config)``."""

    config: dict[str, Any]


@runtime_checkable
class Checked(Protocol):
    """A network that raises ValueError for weights that make no sense; `load` asks it."""

    def check(self) -> None:
        """Raise ValueError, saying why the weights make no sense."""


def save(network: nn.Module, path: Path, **more: Any) -> None:
    """Write `network` with its `config` atomically to a safetensors file; plain values `more` go to the header.

    Raises:
        TypeError: as `describe`.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    described = describe(network) | {"sha256": digest(tensors)} | more
    header = {"latentspace": json.dumps(described, sort_keys=True)}
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata=header)


def load(path: str | Path) -> nn.Module:
    """Rebuild a network from a file of `save`, in evaluation mode, on the CPU; errors as in `load_with_header`."""
    return load_with_header(path)[0]


def load_with_header(path: str | Path) -> tuple[nn.Module, dict[str, Any]]:
    """Rebuild a network from a file written by `save`; also returns the plain values of the file's header.

    Raises:
        ValueError: naming the file, if it is missing, truncated or of an unknown kind, or its weights do not fit, are
            not finite, make no sense, or do not have the digest in the header.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise FileNotFoundError(path)
        with safe_open(path, framework="pt") as stream:
            header = json.loads((stream.metadata() or {})["latentspace"])
            names = list(stream.keys())
            check_described(header, {name: stream.get_slice(name).get_shape() for name in names})
            weights = {name: stream.get_tensor(name) for name in names}
        network = build(header)
        if digest(weights) != header["sha256"]:
            raise ValueError("the weights are not those that were saved: their digest differs")
        check_values(network, weights)
        network.load_state_dict(weights)
        if isinstance(network, Checked):
            network.check()
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; `dvc repro` makes it, if params.yaml names its variant") from None
    except Exception as error:  # an untrusted header can fail in any way
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path}: not a sound model file ({type(error).__name__}: {reason})") from None
    return network.eval(), header


def check_described(description: Mapping[str, Any], shapes: Mapping[str, Sequence[int]]) -> None:
    """Raise ValueError unless a file's tensors are those of the network that it describes; allocates nothing.

    A network of a kind outside this package is built to be compared, in `load`, as it may not do without numbers.
    """
    if count_of(description["config"]) > 100 + 10 * len(shapes):
        raise ValueError(f"its config has more entries than a network of {len(shapes)} tensors needs")
    if FORMER.get(description["kind"], description["kind"]) in KINDS:
        with torch.device("meta"):
            check_shapes(build(description), shapes)


def count_of(value: Any) -> int:
    """Number of entries in nested plain values; raises ValueError for a number that is not finite, or of no use."""
    if isinstance(value, int | float) and not abs(value) < LARGEST:
        raise ValueError(f"its config has the number {str(value)[:40]}")
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return len(inside) + sum(map(count_of, inside))


def check_shapes(network: nn.Module, shapes: Mapping[str, Sequence[int]]) -> None:
    """Raise ValueError unless tensors of these shapes are the weights of `network`, which may be on device meta."""
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for name in sorted(expected.keys() ^ shapes.keys()):
        raise ValueError(
            f"the weights {name[:60]!r} are {'missing' if name in expected else 'not those of its config'}"
        )
    for name, shape in expected.items():
        if tuple(shapes[name]) != shape:
            raise ValueError(f"the weights {name!r} have the shape {tuple(shapes[name])}, by its config {shape}")


def check_values(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Raise ValueError for weights that are not finite, or are whole numbers where `network` has others."""
    expected = network.state_dict()
    for name, tensor in tensors.items():
        if tensor.is_floating_point() != expected[name].is_floating_point():
            raise ValueError(f"the weights {name!r} are {tensor.dtype}, not {expected[name].dtype}")
        if not bool(tensor.isfinite().all()):
            raise ValueError(f"the weights {name!r} are not all finite")


def digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of names, types, shapes and contents of tensors, in the order of their names."""
    sha = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        sha.update(f"{name} {tensor.dtype} {list(tensor.shape)}\0".encode())
        sha.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return sha.hexdigest()


def register(kind: str) -> Callable[[type[N]], type[N]]:
    """Decorator that names the class of a network outside this package, so that it can be saved.

    A file with such a network can be read once the class has been imported. The class needs a ``config``, the
    constructor's arguments as plain values.

    Raises:
        ValueError: if another class has this name.
    """

    def named(cls: type[N]) -> type[N]:
        if kind in KINDS or REGISTERED.get(kind, cls) is not cls:
            raise ValueError(f"the kind {kind!r} is taken")
        REGISTERED[kind] = cls
        return cls

    return named


def describe(network: nn.Module) -> dict[str, Any]:
    """Description of a network without its weights, in plain values: its kind and its `config`.

    Raises:
        TypeError: if its class is not registered, or it has no config.
    """
    if not isinstance(network, Saveable):
        raise TypeError(f"{type(network).__name__} has no config")
    return {"kind": kind_of(type(network)), "config": network.config}


def kind_of(cls: type[nn.Module]) -> str:
    """Kind of the networks of a class; raises TypeError if the class is not registered."""
    place = f"{cls.__module__}.{cls.__qualname__}"
    found = [kind for kind, known in KINDS.items() if place == f"{PACKAGE}.{known}"]
    found += [kind for kind, known in REGISTERED.items() if known is cls]
    if not found:
        raise TypeError(f"{cls.__name__} is not registered: see latentspace.nn.models.register")
    return found[0]


def build(description: nn.Module | Mapping[str, Any]) -> nn.Module:
    """Build the network of a description, with initial weights; a network is returned unchanged.

    Raises:
        KeyError: if the kind in the description is unknown.
    """
    if isinstance(description, nn.Module):
        return description
    return _class(description["kind"])(**description["config"])


def _class(kind: str) -> type[nn.Module]:
    """Class of a known kind, so that a file cannot choose what is imported."""
    kind = FORMER.get(kind, kind)
    if kind in REGISTERED:
        return REGISTERED[kind]
    if kind not in KINDS:
        raise KeyError(f"no network of kind {kind!r}")
    module, _, name = KINDS[kind].rpartition(".")
    with torch.device("cpu"):  # tensors of the module itself belong there, also while a network is built on meta
        found: type[nn.Module] = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
    return found


def save_seeds(networks: Mapping[int, nn.Module], folder: Path) -> None:
    """Write the networks of a variant, by seed, to ``<folder>/seed_<seed>.safetensors``."""
    for seed, network in networks.items():
        save(network, folder / f"seed_{seed}.safetensors")


def load_seeds(folder: Path, seeds: Sequence[int], kind: type[N]) -> dict[int, N]:
    """Read the networks of a variant, by seed.

    Raises:
        ValueError: naming a file that is missing or damaged, or holds a network of another class.
    """
    networks = {}
    for seed in seeds:
        path = folder / f"seed_{seed}.safetensors"
        network = load(path)
        if not isinstance(network, kind):
            raise ValueError(f"{path}: holds a {type(network).__name__}, not a {kind.__name__}")
        networks[seed] = network
    return networks


def load_variants(folders: Mapping[str, Path], seeds: Sequence[int], kind: type[N]) -> dict[str, dict[int, N]]:
    """Read the networks of several variants, by variant and seed; raises ValueError as `load_seeds`."""
    return {name: load_seeds(folder, seeds, kind) for name, folder in folders.items()}


def parameter_count(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def to_batch(images: Any) -> torch.Tensor:
    """Images (n, height, width) as a float32 batch of one channel, (n, 1, height, width)."""
    return torch.as_tensor(images, dtype=torch.float32).unsqueeze(1)
