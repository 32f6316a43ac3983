"""Operations of PyTorch that an imported generator may consist of.

A file names its operations; only those listed here are ever looked up. They are functions of their arguments: none
reads or writes a file, runs code, or draws random numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch

ARITHMETIC = """
abs add addcdiv addcmul amax amin atan ceil clamp clamp_max clamp_min cos cumsum div eq erf exp exp2 expm1 floor ge gt
le linalg_vector_norm log log1p log2 lt maximum mean minimum mul ne neg norm pow reciprocal remainder round rsqrt rsub
sign sin sqrt square std sub sum tan true_divide var var_mean where
"""

ACTIVATIONS = """
_log_softmax _prelu_kernel _softmax celu elu gelu glu hardsigmoid hardswish hardtanh leaky_relu log_softmax logsigmoid
mish prelu relu relu6 selu sigmoid silu softmax softplus tanh
"""

LAYERS = """
_convolution _convolution_mode _native_batch_norm_legit_no_training _scaled_dot_product_attention_math
adaptive_avg_pool2d addmm avg_pool2d baddbmm batch_norm bmm conv1d conv2d conv3d conv_transpose1d conv_transpose2d
convolution dropout einsum group_norm instance_norm layer_norm linear matmul max_pool2d
max_pool2d_with_indices mm native_batch_norm native_group_norm native_layer_norm rms_norm scaled_dot_product_attention
"""

SHAPES = """
_to_copy _unsafe_view alias arange cat chunk clone constant_pad_nd contiguous detach diff expand expand_as flatten flip
full full_like grid_sampler grid_sampler_2d index index_select lift_fresh_copy meshgrid movedim narrow new_full new_ones
new_zeros numpy_T ones ones_like pad permute pixel_shuffle pixel_unshuffle reflection_pad2d repeat repeat_interleave
replication_pad2d reshape roll scalar_tensor select slice split split_with_sizes squeeze stack sym_size t to transpose
type_as unbind unflatten unsqueeze upsample_bicubic2d upsample_bilinear2d upsample_nearest2d view zeros zeros_like
"""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def _getitem(values: Sequence[Any], place: int) -> Any:
    return values[place]


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*numbers: Any) -> Any:
        if not all(type(number) in {int, float} for number in numbers):
            raise UnsupportedError(f"{function.__name__} of values that are not numbers")
        return function(*numbers)

    return checked


ALLOWED = words(f"{ARITHMETIC} {ACTIVATIONS} {LAYERS} {SHAPES}")
SKIPPED = words("_assert_scalar _assert_tensor_metadata sym_constrain_range sym_constrain_range_for_size")
CREATION = words("arange full ones scalar_tensor zeros")
OF_SHAPE = words("full_like new_full new_ones new_zeros ones_like sym_size zeros_like")  # of their argument
NUMBERS: dict[str, Callable[..., Any]] = {  # operations on sizes, which a file names as Python's
    name: _of_numbers(getattr(operator, name)) for name in ("add", "floordiv", "mul", "neg", "sub", "truediv")
} | {"getitem": _getitem}
RUNNING_MEAN, TRAINING = 3, 5  # places of arguments of a batch norm
PREFIX, OF_NUMBERS = "torch.ops.aten.", "_operator."
LAYOUT = frozenset({"device", "layout", "memory_format", "pin_memory"})  # arguments that change no value


class UnsupportedError(ValueError):
    """A file needs something that an imported generator may not have; the text names it."""


def lookup(target: str) -> Callable[..., Any] | None:
    """The operation of a name such as ``torch.ops.aten.conv2d.default``; None for a check that can be left out.

    Raises:
        UnsupportedError: if the operation is not one of the allowed ones.
    """
    if target.startswith(OF_NUMBERS) and (name := target.removeprefix(OF_NUMBERS)) in NUMBERS:
        return NUMBERS[name]
    name, _, overload = target.removeprefix(PREFIX).partition(".")
    if target.startswith(PREFIX) and name in SKIPPED:
        return None
    if not target.startswith(PREFIX) or (name.removesuffix("_") not in ALLOWED and name not in ALLOWED):
        raise UnsupportedError(f"its operation {target[:80]!r} is not among those of generators")
    found = getattr(getattr(torch.ops.aten, name), overload, None)
    if not isinstance(found, torch._ops.OpOverload):
        raise UnsupportedError(f"this PyTorch has no operation {target[:80]!r}")
    return found


def creates(target: str) -> bool:
    """Whether an operation makes a tensor from nothing, on a device that it has to be told."""
    return target.startswith(PREFIX) and target.removeprefix(PREFIX).partition(".")[0] in CREATION


def depends_on_shape(target: str) -> bool:
    """Whether the result of an operation depends on the shape, but not on the values, of its first argument."""
    return target.startswith(PREFIX) and target.removeprefix(PREFIX).partition(".")[0] in OF_SHAPE


def is_in_training_mode(target: str, args: Sequence[Any]) -> bool:
    """Whether an operation is a batch norm that updates running means by those of a batch."""
    name = target.removeprefix(PREFIX).partition(".")[0]
    known = name in {"batch_norm", "native_batch_norm"} and len(args) > TRAINING
    return known and args[TRAINING] is True and args[RUNNING_MEAN] is not None


def changes_its_input(target: str) -> bool:
    """Whether the operation of a name writes to its first argument, as ``add_`` does."""
    return target.startswith(PREFIX) and target.removeprefix(PREFIX).partition(".")[0].endswith("_")


def without_change(target: str) -> str:
    """Name of the operation that gives the same result as a new tensor."""
    name, _, overload = target.removeprefix(PREFIX).partition(".")
    return f"{PREFIX}{name.removesuffix('_')}.{overload}"
