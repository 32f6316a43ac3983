"""Networks as files: safetensors for the weights, configuration and digest in the header, no pickle anywhere."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from latentspace.core.files import atomic

PACKAGE = __name__.split(".")[0]

N = TypeVar("N", bound=nn.Module)


@runtime_checkable
class Saveable(Protocol):
    """A network that can be rebuilt from plain values: ``type(network)(**network.config)``."""

    config: dict[str, Any]


def save(network: nn.Module, path: Path) -> None:
    """Write `network` (with its `config`) to a safetensors file, whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    described = describe(network) | {"sha256": digest(tensors)}
    header = {"latentspace": json.dumps(described, sort_keys=True)}
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata=header)


def load(path: str | Path) -> nn.Module:
    """Rebuild a network from a file written by `save`, in evaluation mode, on the CPU.

    Raises:
        ValueError: naming the file, when it is missing, truncated, of an unknown kind, its weights do not fit, or
            are not those that were saved.
    """
    path = Path(path)
    try:
        with safe_open(path, framework="pt") as stream:
            header = json.loads((stream.metadata() or {})["latentspace"])
            weights = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118  (not a dict)
        network = build(header)
        if digest(weights) != header["sha256"]:
            raise ValueError("the weights are not those that were saved: their digest differs")
        network.load_state_dict(weights)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; `dvc repro` makes it") from None
    except Exception as error:  # a header that anybody may have written can fail in any way
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path}: not a sound model file ({type(error).__name__}: {reason})") from None
    return network.eval()


def digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of names, types, shapes and contents, in the order of the names."""
    sha = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        sha.update(f"{name} {tensor.dtype} {list(tensor.shape)}\0".encode())
        sha.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return sha.hexdigest()


def describe(network: nn.Module) -> dict[str, Any]:
    """What rebuilds a network up to its weights, in plain values: its class below this package and its `config`."""
    if not isinstance(network, Saveable):
        raise TypeError(f"{type(network).__name__} has no config")
    kind = f"{type(network).__module__}.{type(network).__qualname__}".removeprefix(f"{PACKAGE}.")
    return {"kind": kind, "config": network.config}


def build(description: nn.Module | Mapping[str, Any]) -> nn.Module:
    """The network of a description, with initial weights; a network is returned as it is.

    Raises:
        KeyError: if the description names no network of this package.
    """
    if isinstance(description, nn.Module):
        return description
    return _class(description["kind"])(**description["config"])


def _class(kind: str) -> type[nn.Module]:
    """The class of that name; only networks of this package, so that a file cannot choose what is imported."""
    match = re.fullmatch(r"([a-z]+\.[a-z_]+)\.([A-Z]\w*)", kind)
    found = match and getattr(importlib.import_module(f"{PACKAGE}.{match[1]}"), match[2], None)
    if not (isinstance(found, type) and issubclass(found, nn.Module) and found.__module__.startswith(PACKAGE)):
        raise KeyError(f"no network {kind!r}")
    return found


def save_seeds(networks: Mapping[int, nn.Module], folder: Path) -> None:
    """Write one file per seed into `folder`."""
    for seed, network in networks.items():
        save(network, folder / f"seed_{seed}.safetensors")


def load_seeds(folder: Path, seeds: Sequence[int], kind: type[N]) -> dict[int, N]:
    """Read the networks of a variant back, by seed; raises ValueError naming a missing, damaged or other file."""
    networks = {}
    for seed in seeds:
        path = folder / f"seed_{seed}.safetensors"
        network = load(path)
        if not isinstance(network, kind):
            raise ValueError(f"{path}: holds a {type(network).__name__}, not a {kind.__name__}")
        networks[seed] = network
    return networks


def parameter_count(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def to_batch(images: Any) -> torch.Tensor:
    """Images of shape (n, height, width) as a batch of one channel, float32."""
    return torch.as_tensor(images, dtype=torch.float32).unsqueeze(1)
