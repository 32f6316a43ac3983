"""Operators of ONNX against ONNX's runtime, on models of one operator; what would be wrong is refused."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from latentspace.gan.formats import onnx_file

LATENT = 16


def model(nodes, version=17, weights=None):
    """Latents, as an image of one channel 4 × 4, through `nodes` from ``x`` to ``images``."""
    weights = {"shape": np.array([-1, 1, 4, 4]), **(weights or {})}
    first = helper.make_node("Reshape", ["z", "shape"], ["x"])
    graph = helper.make_graph(
        [first, *nodes],
        "made",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", LATENT])],
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)


def node(kind, *inputs, version=17, weights=None, **attributes):
    return model([helper.make_node(kind, ["x", *inputs], ["images"], **attributes)], version, weights)


F32 = np.float32
SCALES = {"scales": np.array([1, 1, 2, 2], F32)}
W = {"w": np.random.default_rng(0).standard_normal((1, 1, 3, 3)).astype(F32)}
SAME = {
    "softmax": node("Softmax", axis=-1),
    "softmax, all axes": node("Softmax", version=11, axis=2),
    "log softmax, all axes": node("LogSoftmax", version=11),
    "flatten": model(
        [
            helper.make_node("Flatten", ["x"], ["flat"], axis=-1),
            helper.make_node("Reshape", ["flat", "shape"], ["images"]),
        ]
    ),
    "transposed convolution": node("ConvTranspose", "w", weights=W, strides=[2, 2], pads=[1, 1, 1, 1]),
    "asymmetric convolution": node(
        "Conv", "k", weights={"k": np.ones((1, 1, 3, 3), F32)}, pads=[0, 0, 2, 2]
    ),
    "nearest": node("Resize", "", "scales", weights=SCALES, mode="nearest"),
    "nearest, floor": node(
        "Resize", "", "scales", weights=SCALES, mode="nearest", nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    ),
    "upsample": node("Upsample", "scales", version=9, weights=SCALES, mode="nearest"),
    "linear": node("Resize", "", "scales", weights=SCALES, mode="linear"),
    "linear, aligned": node(
        "Resize", "", "scales", weights=SCALES, mode="linear", coordinate_transformation_mode="align_corners"
    ),
    "cubic": node("Resize", "", "scales", weights=SCALES, mode="cubic"),
    "average pool": node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "average pool, counted": node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    "maximum pool": node("MaxPool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "slices": node(
        "Slice", "from", "to", "axes", "steps",
        weights={
            "from": np.array([3, 0]), "to": np.array([-(2**40), 4]),
            "axes": np.array([2, 3]), "steps": np.array([-1, 1]),
        },
    ),
    "reflection": node("Pad", "pads", weights={"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])}, mode="reflect"),
    "clip": node("Clip", "low", "high", weights={"low": np.array(-0.5, F32), "high": np.array(0.4, F32)}),
    "hard sigmoid": node("HardSigmoid", alpha=0.3),
    "norm": node("LpNormalization", axis=2, p=1),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_an_operator_is_that_of_the_runtime(name, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "made.onnx"
    onnx.save(SAME[name], path)
    z = torch.randn(3, LATENT, generator=torch.Generator().manual_seed(0))
    (wanted,) = runtime.InferenceSession(path).run(None, {"z": z.numpy()})
    assert torch.allclose(onnx_file.read(path, prior="normal")(z), torch.from_numpy(wanted), atol=1e-5)


REFUSED = {
    "nearest, other pixels": node(
        "Resize", "", "scales", weights=SCALES, mode="nearest", coordinate_transformation_mode="asymmetric"
    ),
    "nearest, part of a pixel": node(
        "Resize", "", "scales", weights={"scales": np.array([1, 1, 1.3, 1.3], F32)}, mode="nearest"
    ),
    "old linear": node("Upsample", "scales", version=9, weights=SCALES, mode="linear"),
    "outside": node("Resize", "", "scales", weights=SCALES, mode="cubic", exclude_outside=1),
    "asymmetric pool": node("AveragePool", kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
    "maximum pool, rounded up": node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "automatic padding": node("ConvTranspose", "k", weights={"k": np.ones((1, 1, 3, 3), F32)}, auto_pad="SAME_UPPER"),
    "other selu": node("Selu", alpha=2.0),
    "random numbers": model(
        [
            helper.make_node("RandomNormal", [], ["noise"], shape=[1, 1, 4, 4]),
            helper.make_node("Add", ["x", "noise"], ["images"]),
        ]
    ),
    "an explosion": model(
        [
            helper.make_node("Einsum", ["v"] * 4, ["big"], equation="a,b,c,d->abcd"),
            helper.make_node("ReduceSum", ["big"], ["one"]),
            helper.make_node("Add", ["x", "one"], ["images"]),
        ],
        weights={"v": np.ones(1024, F32)},
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_wrong_or_too_large_is_refused(name, tmp_path):
    path = tmp_path / "made.onnx"
    onnx.save(REFUSED[name], path)
    with pytest.raises(ValueError, match=r"made\.onnx: ") as caught:
        onnx_file.read(path)
    assert "\n" not in str(caught.value)


def test_a_constant_in_another_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.bin").write_bytes(np.arange(16, dtype=F32).tobytes())
    tensor = numpy_helper.from_array(np.zeros((1, 1, 4, 4), F32), "c")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    made = model(
        [helper.make_node("Constant", [], ["c"], value=tensor), helper.make_node("Add", ["x", "c"], ["images"])]
    )
    (tmp_path / "made.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(ValueError, match="in another file"):
        onnx_file.read(tmp_path / "made.onnx")
