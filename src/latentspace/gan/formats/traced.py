"""From a function of latents to a program: the operations that PyTorch runs for it, on tensors without data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from latentspace.gan.formats.folding import program
from latentspace.gan.formats.operations import OF_NUMBERS, UnsupportedError
from latentspace.gan.formats.program import DTYPE, REFERENCE, Program, Step
from latentspace.gan.roles import Prior


class TracingError(UnsupportedError):
    """The function failed on latents of the given shape."""


def traced(
    images_of: Callable[[Tensor], Tensor], shape: Sequence[int], low_high: Sequence[float], prior: Prior
) -> Program:
    """The program of a function.

    Args:
        images_of: the function, of a batch of one latent; its weights are tensors that it holds.
        shape: of one latent.
        low_high: lowest and highest value of a pixel.
        prior: distribution of latents.

    Raises:
        TracingError: if the function fails on latents of this shape.
        UnsupportedError: as `folding.program`.
        ValueError: as `Program.check`.
    """
    told = logging.getLogger("torch._subclasses.fake_tensor")
    level = told.level
    try:
        told.setLevel(logging.CRITICAL)
        with torch.no_grad():
            module = make_fx(images_of, tracing_mode="fake", _allow_non_fake_inputs=True)(torch.zeros(1, *shape))
    except UnsupportedError:
        raise
    except Exception as error:  # anything that the function does with tensors that have no data
        raise TracingError(f"cannot be traced ({' '.join(str(error).split())[-200:]})") from None
    finally:
        told.setLevel(level)
    module.graph.eliminate_dead_code()
    steps, weights = list[Step](), dict[str, Tensor]()
    for node in module.graph.nodes:
        if node.op == "get_attr":
            weight = getattr(module, node.target)
            weights[node.name] = weight.detach().float() if weight.is_floating_point() else weight
        elif node.op == "call_function":
            kwargs = {name: _argument(value) for name, value in node.kwargs.items()}
            steps.append(Step(_target(node.target), [_argument(each) for each in node.args], kwargs, [node.name]))
    (latents,) = [node.name for node in module.graph.nodes if node.op == "placeholder"]
    given = module.graph.output_node().args[0]
    if not isinstance(given, fx.Node):
        several = isinstance(given, list | tuple | dict)
        raise UnsupportedError("it returns several values" if several else "its images do not depend on the latent")
    return program(steps, weights, (latents, [1, *shape]), given.name, low_high, prior)


def _target(function: Any) -> str:
    if isinstance(function, torch._ops.OpOverload):
        return f"torch.ops.{function}"
    return f"{OF_NUMBERS}{getattr(function, '__name__', function)}"


def _argument(value: Any) -> Any:
    if isinstance(value, fx.Node):
        return {REFERENCE: value.name}
    if isinstance(value, torch.dtype):
        return {DTYPE: str(value).removeprefix("torch.")}
    if isinstance(value, list | tuple):
        return [_argument(each) for each in value]
    return value if isinstance(value, int | float | str) else None
