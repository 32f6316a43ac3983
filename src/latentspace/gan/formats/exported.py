"""Read a generator from a file of `torch.export.save`, without PyTorch's reader, which unpickles and evaluates text.

The archive holds the graph as JSON and the weights as plain numbers.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latentspace.gan.formats.folding import program
from latentspace.gan.formats.operations import UnsupportedError
from latentspace.gan.formats.program import DTYPE, REFERENCE, Program, Step
from latentspace.gan.roles import SPHERE, Prior

DTYPES = {1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64"}
DTYPES |= {12: "bool", 13: "bfloat16"}
PLAIN = ("as_int", "as_ints", "as_float", "as_floats", "as_string", "as_bool", "as_bools", "as_int_lists")
WITHOUT_VALUE = ("as_none", "as_memory_format", "as_layout", "as_device")  # of no effect on a value
POSITIONAL = 1
LONGEST = 2**24  # numbers in a batch of latents


def read(path: Path, low_high: Sequence[float] = (-1.0, 1.0), prior: Prior = SPHERE) -> Program:
    """Read a generator.

    Args:
        path: a file of `torch.export.save`, of PyTorch 2.9 or later; one input of latents, one output of images.
        low_high: lowest and highest value of its pixels.
        prior: distribution of its latents.

    Raises:
        ValueError: one line naming the file, if it is missing or damaged, or has anything that a generator does not
            need. Nothing in the file has been executed.
    """
    with told(path):
        with _Archive(path) as archive:
            graph, weights = archive.graph(), {}
            inputs = []
            for spec in graph["signature"]["input_specs"]:
                ((kind, what),) = spec.items()
                if kind == "user_input":
                    inputs.append(what["arg"])
                    continue
                weights[what["arg"]["name"]] = archive.weight(kind, what)
        takes = _taken(inputs, graph["graph"]["tensor_values"])
        gives = _given(graph["signature"]["output_specs"])
        steps = [_step(node) for node in graph["graph"]["nodes"]]
        return program(steps, weights, takes, gives, low_high, prior)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell every error in one line that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise ValueError(f"{error.filename or path}: no such file") from None
    except UnsupportedError as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:  # a damaged file can fail in any way
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path}: damaged, or not a generator ({type(error).__name__}: {reason})") from None


class _Archive:
    """The parts of a file of `torch.export.save`, which are neither compressed nor larger than the file."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(path)
        self.zip = zipfile.ZipFile(path)
        parts = self.zip.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise UnsupportedError("its parts are compressed, which torch.export.save does not do")
        if sum(part.file_size for part in parts) > path.stat().st_size:
            raise UnsupportedError("its parts are larger than the file")
        self.root = parts[0].filename.partition("/")[0]
        self.tables = {kind: self._table(kind) for kind in ("weights", "constants")}

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.zip.close()

    def _table(self, kind: str) -> dict[str, Any]:
        name = f"{self.root}/data/{kind}/model_{kind}_config.json"
        if name not in self.zip.namelist():
            raise UnsupportedError("not a file of torch.export.save, or one of PyTorch before 2.9: export it again")
        found: dict[str, Any] = json.loads(self.zip.read(name))["config"]
        return found

    def graph(self) -> dict[str, Any]:
        """The graph with its signature."""
        found: dict[str, Any] = json.loads(self.zip.read(f"{self.root}/models/model.json"))["graph_module"]
        return found

    def weight(self, kind: str, what: Mapping[str, Any]) -> Tensor:
        """The weight that an input of the graph stands for, on the CPU."""
        key = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}
        if kind not in key:
            raise UnsupportedError(f"it takes an input of the kind {kind[:40]!r}")
        name = what[key[kind]]
        where = "weights" if name in self.tables["weights"] else "constants"
        entry = self.tables[where][name]
        if entry["use_pickle"] or entry["tensor_meta"] is None:
            raise UnsupportedError(f"its weight {name[:60]!r} is pickled: save it as a plain tensor on the CPU")
        meta = entry["tensor_meta"]
        if meta["dtype"] not in DTYPES:
            raise UnsupportedError(f"its weight {name[:60]!r} has numbers of an unknown type")
        sizes, strides = ([each["as_int"] for each in meta[key]] for key in ("sizes", "strides"))
        raw = bytearray(self.zip.read(f"{self.root}/data/{where}/{entry['path_name']}"))
        if math.prod(sizes) == 0:
            return torch.zeros(sizes)
        if math.prod(sizes) > len(raw):
            raise UnsupportedError(f"its weight {name[:60]!r} has more numbers than are stored")
        flat = torch.frombuffer(raw, dtype=getattr(torch, DTYPES[meta["dtype"]]))
        found = flat.as_strided(sizes, strides, meta["storage_offset"]["as_int"]).contiguous()
        return found.float() if found.is_floating_point() else found


def _taken(inputs: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> tuple[str, list[int]]:
    """Name and shape of the only input; a batch of any size is taken as 1."""
    if len(inputs) != 1 or "as_tensor" not in inputs[0]:
        raise UnsupportedError(f"it takes {len(inputs)} inputs; export a module that takes latents only")
    name = inputs[0]["as_tensor"]["name"]
    batch, *shape = values[name]["sizes"]
    if not shape or any("as_int" not in size for size in shape):
        raise UnsupportedError("it takes latents of no fixed length; expected the shape (batch, latent)")
    found = [batch.get("as_int", 1), *(size["as_int"] for size in shape)]
    if not 0 < math.prod(found) <= LONGEST:
        raise UnsupportedError(f"it takes latents of the shape {tuple(found)}")
    return name, found


def _given(specs: Sequence[Mapping[str, Any]]) -> str:
    """Name of the only output."""
    if any("user_output" not in spec for spec in specs):
        raise UnsupportedError("it changes its own weights: call eval() before the export")
    if len(specs) != 1 or "as_tensor" not in specs[0]["user_output"]["arg"]:
        raise UnsupportedError(f"it returns {len(specs)} values; export a module that returns images only")
    name: str = specs[0]["user_output"]["arg"]["as_tensor"]["name"]
    return name


def _step(node: Mapping[str, Any]) -> Step:
    args = [_argument(given["arg"]) for given in node["inputs"] if given.get("kind", POSITIONAL) == POSITIONAL]
    named = {given["name"]: _argument(given["arg"]) for given in node["inputs"]}
    kwargs = dict(list(named.items())[len(args) :])
    return Step(node["target"], args, kwargs, [_result(each) for each in node["outputs"]])


def _argument(given: Mapping[str, Any]) -> Any:
    ((kind, value),) = given.items()
    if kind in PLAIN:
        return float(value) if kind == "as_float" else value
    if kind in WITHOUT_VALUE:
        return None
    if kind in {"as_tensor", "as_optional_tensor"}:
        return {REFERENCE: value["name"]} if "name" in value else _argument(value)
    if kind in {"as_tensors", "as_optional_tensors"}:
        return [{REFERENCE: each["name"]} if "name" in each else _argument(each) for each in value]
    if kind in {"as_sym_int", "as_sym_float"}:
        return {REFERENCE: value["as_name"]} if "as_name" in value else next(iter(value.values()))
    if kind in {"as_sym_ints", "as_sym_floats"}:
        return [_argument({kind[:-1]: each}) for each in value]
    if kind == "as_scalar_type" and value in DTYPES:
        return {DTYPE: DTYPES[value]}
    raise UnsupportedError(f"one of its operations has an argument of the kind {kind[:40]!r}")


def _result(given: Mapping[str, Any]) -> Any:
    ((kind, value),) = given.items()
    if kind == "as_tensors":
        return [each["name"] for each in value]
    if kind in {"as_sym_int", "as_sym_float", "as_sym_bool"}:
        return value.get("as_name")
    return None if kind == "as_none" else value["name"]
