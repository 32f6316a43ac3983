"""Our reader of OpenVINO's files against OpenVINO itself, at every layer that has weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentspace.gan.formats.openvino_file import Network
from latentspace.pipeline.measured import Findings, measured

KINDS = {"MatMul", "Convolution", "GroupConvolution", "GroupConvolutionBackpropData", "PReLU"}  # of OpenVINO


def experiment(folder: Path, seed: int) -> Findings:
    """Largest difference between both readers over all layers of both networks, relative to a layer's largest number.

    Args:
        folder: of the files of the networks.
        seed: of the latents.

    Raises:
        ValueError: if OpenVINO is not installed.
    """
    rows: dict[str, float] = {}
    x = torch.randn(1, 512, generator=torch.Generator().manual_seed(seed))
    for name in ("Mapping", "Synthesis"):
        path = folder / f"{name}Network.xml"
        found = dict(differences(path, x))
        rows |= {f"{name.lower()}_layers": float(len(found)), f"{name.lower()}_difference": max(found.values())}
        x = Network.of(path)(x) if name == "Mapping" else x
    worst = max(value for name, value in rows.items() if name.endswith("difference"))
    return Findings(measured("", rows), summary=f"{worst:.1e} of a layer's largest number")


@torch.no_grad()
def differences(path: Path, x: Tensor) -> Iterator[tuple[str, float]]:
    """Difference of the output of every layer with weights, and of the network, by the layer's name.

    Raises:
        ValueError: if OpenVINO is not installed.
    """
    network = Network.of(path)
    for name, expected in outputs(path, x):
        (place,) = [(key, layer.outputs[0]) for key, layer in network.layers.items() if layer.name == name]
        found = replace(network, result=place)(x).numpy()
        yield name, float(np.abs(found - expected).max() / np.abs(expected).max())


def outputs(path: Path, x: Tensor) -> list[tuple[str, Any]]:
    """What OpenVINO computes at every layer with weights, and at the last one, by the layer's name.

    Raises:
        ValueError: if openvino is not installed.
    """
    try:
        import openvino
    except ImportError:
        raise ValueError("openvino is not installed: run `pip install -e '.[photos]'`") from None
    core = openvino.Core()
    model = core.read_model(path)
    last = model.output(0).node.input_value(0).get_node()
    nodes = [node for node in model.get_ordered_ops() if node.get_type_name() in KINDS]
    nodes += [last] if last.get_friendly_name() not in {node.get_friendly_name() for node in nodes} else []
    model = openvino.Model([node.output(0) for node in nodes], model.get_parameters(), "all")
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"})
    computed = compiled(x.numpy())
    return [(node.get_friendly_name(), np.array(computed[place])) for place, node in enumerate(nodes)]
