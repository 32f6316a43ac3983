"""Read a generator from OpenVINO's intermediate representation (IR): an .xml file of layers beside a .bin of weights.

Several networks in a row, such as a mapping network and a synthesis network, are one generator. Nothing but the layers
of `openvino_layers` can happen; the package openvino is not needed.

Source: https://docs.openvino.ai, operation sets 1 to 8; IR versions 10 and 11.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentspace.gan.formats.exported import told
from latentspace.gan.formats.openvino_layers import LAYERS, OF_SIZES, SIZES, Layer, Place
from latentspace.gan.formats.operations import UnsupportedError
from latentspace.gan.formats.program import Program
from latentspace.gan.formats.traced import traced
from latentspace.gan.roles import SPHERE, Prior

FEW = 1024  # numbers in an array that may be part of a computation of sizes
DTYPES = {"f32": "float32", "f16": "float16", "f64": "float64", "i64": "int64", "i32": "int32", "u8": "uint8"}
LARGEST = 2**28  # bytes of an .xml file


def read(paths: Sequence[Path], low_high: Sequence[float] = (-1.0, 1.0), prior: Prior = SPHERE) -> Program:
    """Read a generator.

    Args:
        paths: .xml files of networks with one input and one output, in the order in which they are applied; each has
            its .bin file beside it.
        low_high: lowest and highest value of its pixels.
        prior: distribution of its latents.

    Raises:
        ValueError: one line naming the first file, if one is missing or damaged, or has anything that a generator does
            not need. Nothing in the files has been executed.
    """
    with told(paths[0]):
        networks = [Network.of(path) for path in paths]

        def images_of(latents: Tensor) -> Tensor:
            for network in networks:
                latents = network(latents)
            return latents

        return traced(images_of, networks[0].shape, low_high, prior)


@dataclass(frozen=True)
class Network:
    """The layers of an IR as a function of a batch of one input.

    Attributes:
        layers: by number.
        weights: content of the .bin file.
        result: the layer whose only input is what the network returns.
    """

    layers: Mapping[str, Layer]
    weights: bytes
    result: Place

    @classmethod
    def of(cls, path: Path, cut: str | None = None) -> Network:
        """Read the network of an .xml file; with `cut`, up to the output of the layer of that name.

        Raises:
            UnsupportedError: if it has not one input and one output, or no such layer.
        """
        text = path.read_bytes() if path.stat().st_size <= LARGEST else b"\0"
        if b"\0" in text or b"<!" in text.replace(b"<!--", b""):
            raise UnsupportedError("its .xml is too large, not in UTF-8, or has declarations that an IR does not have")
        root = ET.fromstring(text)
        into: dict[str, dict[int, Place]] = {}
        for edge in root.iter("edge"):
            place = edge.attrib["from-layer"], edge.attrib["from-port"]
            into.setdefault(edge.attrib["to-layer"], {})[int(edge.attrib["to-port"])] = place
        layers = {layer.attrib["id"]: _layer(layer, into.get(layer.attrib["id"], {})) for layer in root.iter("layer")}
        for kind in ("Parameter", "Result"):
            if (count := sum(layer.kind == kind for layer in layers.values())) != 1:
                raise UnsupportedError(f"{count} layers of the kind {kind}; expected one")
        results = [layer.inputs[0] for layer in layers.values() if layer.kind == "Result"]
        if cut is not None:
            results = [(key, layer.outputs[0]) for key, layer in layers.items() if layer.name == cut]
        if not results:
            raise UnsupportedError(f"no layer has the name {cut!r}")
        return cls(layers, path.with_suffix(".bin").read_bytes(), results[0])

    @property
    def shape(self) -> list[int]:
        """Shape of the input, without the batch."""
        (layer,) = [layer for layer in self.layers.values() if layer.kind == "Parameter"]
        return layer.numbers("shape")[1:]

    def __call__(self, x: Tensor) -> Tensor:
        """Output for a batch of one input."""
        values: dict[Place, Any] = {}
        for key in self.order():
            layer = self.layers[key]
            given = [values[place] for place in layer.inputs]
            results = [x] if layer.kind == "Parameter" else self._results(layer, given)
            values.update({(key, port): result for port, result in zip(layer.outputs, results, strict=True)})
        found = values[self.result]
        return found if isinstance(found, Tensor) else torch.from_numpy(found)

    def order(self) -> Iterator[str]:
        """Numbers of the layers that the result needs, each after its inputs."""
        done, open_ = set[str](), set[str]()
        todo = [self.result[0]]
        while todo:
            key = todo[-1]
            missing = [place[0] for place in self.layers[key].inputs if place[0] not in done]
            if key in done or not missing:
                todo.pop()
                if key not in done:
                    done.add(key)
                    yield key
                continue
            if key in open_:
                raise UnsupportedError("its layers form a cycle")
            open_.add(key)
            todo += missing

    def _results(self, layer: Layer, given: Sequence[Any]) -> Sequence[Any]:
        if layer.kind == "Const":
            return [self._constant(layer)]
        if layer.kind in OF_SIZES and all(isinstance(each, np.ndarray) for each in given):
            found = np.asarray(_of_sizes(layer, given))
        elif layer.kind not in LAYERS:
            raise UnsupportedError(f"its layer {layer.kind[:40]!r} is not one of generators")
        elif layer.kind in SIZES:
            found = LAYERS[layer.kind](layer, _tensor(given[0]), *given[1:])
        else:
            found = LAYERS[layer.kind](layer, *map(_tensor, given))
        return found if isinstance(found, list | tuple) else [found]

    def _constant(self, layer: Layer) -> Any:
        if layer.settings["element_type"] not in DTYPES:
            raise UnsupportedError(f"its constant {layer.name[:40]!r} has numbers of an unknown type")
        dtype = np.dtype(DTYPES[layer.settings["element_type"]])
        shape = layer.numbers("shape") if layer.settings["shape"] else []
        begin, size = int(layer.settings["offset"]), int(layer.settings["size"])
        if not 0 <= begin <= begin + size <= len(self.weights):
            raise UnsupportedError(f"its constant {layer.name[:40]!r} is outside the .bin file")
        array = np.frombuffer(self.weights[begin : begin + size], dtype).reshape(shape)
        return array if array.size <= FEW else _tensor(array)


def _layer(element: ET.Element, inputs: Mapping[int, Place]) -> Layer:
    data = element.find("data")
    outputs = [port.attrib["id"] for port in element.iterfind("output/port")]
    settings = dict(data.attrib) if data is not None else {}
    return Layer(
        element.attrib["name"], element.attrib["type"], settings, [inputs[port] for port in sorted(inputs)], outputs
    )


def _of_sizes(layer: Layer, given: Sequence[Any]) -> Any:
    """The result of a layer on small arrays, which is small too."""
    shapes = [tuple(map(int, given[1]))] if layer.kind == "Broadcast" else [each.shape for each in given]
    if layer.kind in {"Broadcast", "Add", "Multiply"} and math.prod(np.broadcast_shapes(*shapes)) > FEW:
        raise UnsupportedError(f"its layer {layer.name[:40]!r} makes a small array large")
    return OF_SIZES[layer.kind](layer, *given)


def _tensor(value: Any) -> Tensor:
    found = value if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
    return found.float() if found.is_floating_point() else found
