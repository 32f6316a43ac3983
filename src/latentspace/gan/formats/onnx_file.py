"""Read a generator from an ONNX file: its operators, written as operations of PyTorch.

Sizes, which ONNX files compute with operators too, are computed by ONNX's own reference implementation; operators that
depend on the latent are those of `onnx_operators`. Needs the package ``onnx``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentspace.gan.formats.exported import LONGEST, told
from latentspace.gan.formats.onnx_operators import OPERATORS
from latentspace.gan.formats.onnx_shapes import Given
from latentspace.gan.formats.operations import UnsupportedError, words
from latentspace.gan.formats.program import Program
from latentspace.gan.formats.traced import traced
from latentspace.gan.roles import SPHERE, Prior

FEW = 1024  # numbers in an array that may be part of a computation of sizes
# Operators on small arrays that compute sizes; of the elementwise ones the result may be larger than the inputs.
ELEMENTWISE = words("Add And Div Equal Greater Less Max Min Mod Mul Or Pow Sub Where")
OF_SIZES = ELEMENTWISE | words("""
Abs Cast Ceil Concat Constant Floor Gather Identity Neg Not ReduceMax ReduceMin ReduceProd ReduceSum Reshape Shape Size
Slice Sqrt Squeeze Transpose Unsqueeze
""")
OWN = {"", "ai.onnx"}  # ONNX's own domain


def read(
    path: Path, latent: int | None = None, low_high: Sequence[float] = (-1.0, 1.0), prior: Prior = SPHERE
) -> Program:
    """Read a generator.

    Args:
        path: an ONNX file with its weights inside, one input of latents and one output of images.
        latent: length of a latent, if the file does not say it.
        low_high: lowest and highest value of its pixels.
        prior: distribution of its latents.

    Raises:
        ImportError: if the package onnx is not installed.
        ValueError: one line naming the file, if it is missing or damaged, or has anything that a generator does not
            need. Nothing in the file has been executed.
    """
    try:
        import onnx
    except ImportError:
        raise ImportError("ONNX files need an extra package: pip install '.[onnx]'") from None
    with told(path):
        if not path.is_file():
            raise FileNotFoundError(path)
        model = onnx.load(path, load_external_data=False)
        if len(model.functions):
            from onnx.inliner import inline_local_functions

            if any(node.domain not in OWN for function in model.functions for node in function.node):
                raise UnsupportedError("its functions call other functions, or have operators of other vendors")
            model = inline_local_functions(model)
        graph = _Graph.of(model)
        return traced(graph, graph.shape(latent), low_high, prior)


@dataclass(frozen=True)
class _Graph:
    """The operators of a model, as a function of a batch of latents.

    Attributes:
        inputs: inputs without an initial value.
        outputs: names of the outputs.
        nodes: the operators.
        weights: the initial values by name.
        versions: of the sets of operators, by domain.
    """

    inputs: Sequence[Any]
    outputs: Sequence[str]
    nodes: Sequence[Any]
    weights: Mapping[str, np.typing.NDArray[Any]]
    versions: Mapping[str, int]

    @classmethod
    def of(cls, model: Any) -> _Graph:
        """The graph of a model that has its weights inside."""
        from onnx import TensorProto, numpy_helper

        weights = {}
        for tensor in model.graph.initializer:
            if tensor.data_location == TensorProto.EXTERNAL:
                raise UnsupportedError("its weights are in another file; save it in one file")
            weights[tensor.name] = numpy_helper.to_array(tensor)
        inputs = [given for given in model.graph.input if given.name not in weights]
        if len(inputs) != 1 or len(model.graph.output) != 1:
            count = f"{len(inputs)} inputs and {len(model.graph.output)} outputs"
            raise UnsupportedError(f"it has {count}; expected latents, and images")
        constants = [each.t for node in model.graph.node for each in node.attribute if each.HasField("t")]
        if any(each.data_location == TensorProto.EXTERNAL for each in constants):
            raise UnsupportedError("one of its constants is in another file; save it in one file")
        outputs = [result.name for result in model.graph.output]
        versions = {"" if each.domain in OWN else each.domain: each.version for each in model.opset_import}
        return cls(inputs, outputs, model.graph.node, weights, versions)

    def shape(self, latent: int | None) -> list[int]:
        """Shape of one latent; `latent` where the file says none."""
        _, *sizes = [size.dim_value for size in self.inputs[0].type.tensor_type.shape.dim] or [0]
        unknown = [size for size in sizes if size < 1]
        if not sizes or len(unknown) > 1 or (unknown and latent is None):
            raise UnsupportedError("it does not say how long its latents are: give latent, its length")
        found = [size if size > 0 else int(latent or 0) for size in sizes]
        if math.prod(found) > LONGEST:
            raise UnsupportedError(f"it takes latents of the shape {tuple(found)}")
        return found

    def __call__(self, latents: Tensor) -> Tensor:
        """Images of a batch of latents."""
        values: dict[str, Any] = {"": None, self.inputs[0].name: latents}
        values |= {name: array if array.size <= FEW else _tensor(array) for name, array in self.weights.items()}
        for node in self.nodes:
            given = [values[name] for name in node.input]
            results = self._sizes(node, given) or self._images(node, given)
            values.update(zip(node.output, results, strict=False))
        found = values[self.outputs[0]]
        return found if isinstance(found, Tensor) else _tensor(found)

    def _sizes(self, node: Any, given: Sequence[Any]) -> Sequence[Any] | None:
        """Results of an operator on small arrays; None for one on others."""
        if node.op_type == "Shape":
            given = [np.zeros(tuple(given[0].shape), dtype=np.bool_)]
        known = all(each is None or isinstance(each, np.ndarray) for each in given)
        if not known or node.op_type not in OF_SIZES or node.domain not in OWN:
            return None
        shapes = [each.shape for each in given if each is not None]
        if node.op_type in ELEMENTWISE and math.prod(np.broadcast_shapes(*shapes)) > FEW:
            return None
        from onnx.reference import ReferenceEvaluator

        named = {name: each for name, each in zip(node.input, given, strict=True) if name}
        results = ReferenceEvaluator(node, opsets=dict(self.versions)).run(None, named)
        return [array if array.size <= FEW else _tensor(array) for array in map(np.asarray, results)]

    def _images(self, node: Any, given: Sequence[Any]) -> Sequence[Any]:
        """Results of an operator by PyTorch."""
        from onnx.helper import get_attribute_value

        name = node.op_type
        if node.domain not in OWN or name not in OPERATORS:
            raise UnsupportedError(f"its operator {f'{node.domain}.{name}'.strip('.')[:60]!r} is not one of generators")
        attributes = {each.name: get_attribute_value(each) for each in node.attribute}
        found = OPERATORS[name](Given(given, attributes, len(node.output), self.versions.get("", 1)))
        return found if isinstance(found, list | tuple) else [found]


def _tensor(array: np.typing.NDArray[Any]) -> Tensor:
    found = torch.from_numpy(np.array(array))
    return found.float() if found.is_floating_point() else found
