"""Generators in OpenVINO's representation, written here by hand, as the package openvino is not needed."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from latentspace.gan.formats.openvino_file import Network, read
from latentspace.gan.inputs import load_frozen
from latentspace.nn import models


class Ir:
    """Writes an IR layer by layer."""

    def __init__(self):
        self.layers, self.edges, self.bin = [], [], b""

    def add(self, kind, inputs=(), outputs=1, name=None, **settings):
        """Add a layer; returns the place of its first output."""
        key = len(self.layers)
        name = name or f"{kind}_{key}"
        data = "".join(f' {name}="{value}"' for name, value in settings.items())
        first = len(inputs)
        ports = "".join(f'<port id="{first + number}"/>' for number in range(outputs))
        self.layers.append(
            f'<layer id="{key}" name="{name}" type="{kind}"><data{data}/><output>{ports}</output></layer>'
        )
        for port, (layer, from_port) in enumerate(inputs):
            self.edges.append(f'<edge from-layer="{layer}" from-port="{from_port}" to-layer="{key}" to-port="{port}"/>')
        return key, first

    def const(self, array, kind="f32"):
        array = np.asarray(array, {"f32": np.float32, "i64": np.int64}[kind])
        settings = {"element_type": kind, "shape": ", ".join(map(str, array.shape))}
        place = self.add("Const", **settings, offset=len(self.bin), size=array.nbytes)
        self.bin += array.tobytes()
        return place

    def write(self, path):
        path.write_text(f"<net><layers>{''.join(self.layers)}</layers><edges>{''.join(self.edges)}</edges></net>")
        path.with_suffix(".bin").write_bytes(self.bin)


def parameter(ir, length):
    return ir.add("Parameter", shape=f"1, {length}", element_type="f32")


def mapping(path, weight):
    """z / √(mean z² + ε), then a linear layer."""
    ir = Ir()
    z = parameter(ir, weight.shape[1])
    square = ir.add("Power", [z, ir.const([2.0])])
    mean = ir.add("ReduceMean", [square, ir.const([1], "i64")], keep_dims="true")
    scale = ir.add("Power", [ir.add("Add", [mean, ir.const([1e-6])]), ir.const([-0.5])])
    unit = ir.add("Multiply", [z, scale])
    linear = ir.add("MatMul", [unit, ir.const(weight)], transpose_a="false", transpose_b="true")
    ir.add("Result", [linear])
    ir.write(path)


def synthesis(path, w):
    """A style's 8 numbers as 2 × 2 pixels of two channels, twice as large by a transposed convolution, then RGB."""
    ir = Ir()
    style = parameter(ir, 8)
    shape = ir.add("ShapeOf", [style])
    batch = ir.add("Gather", [shape, ir.const(0, "i64"), ir.const(0, "i64")], batch_dims=0)
    row = ir.add("Unsqueeze", [batch, ir.const([0], "i64")])
    sizes = ir.add("Concat", [row, ir.const([2, 2, 2], "i64")], axis=0)
    x = ir.add("Reshape", [style, sizes], special_zero="true")
    around = {"pads_begin": "0, 0", "pads_end": "0, 0", "dilations": "1, 1"}
    x = ir.add("GroupConvolutionBackpropData", [x, ir.const(w["up"])], strides="2, 2", output_padding="0, 0", **around)
    split = ir.add("VariadicSplit", [x, ir.const(1, "i64"), ir.const([1, -1], "i64")], outputs=2)
    x = ir.add("Concat", [(split[0], split[1] + 1), split], axis=1)
    x = ir.add("PReLU", [x, ir.const([0.1])], name="cut")
    around |= {"pads_begin": "1, 1", "pads_end": "1, 1"}
    x = ir.add("GroupConvolution", [x, ir.const(w["depthwise"])], strides="1, 1", **around)
    x = ir.add("Convolution", [x, ir.const(w["rgb"])], strides="1, 1", **around)
    x = ir.add("Squeeze", [ir.add("Unsqueeze", [x, ir.const([1], "i64")]), ir.const([1], "i64")])
    ir.add("Result", [x])
    ir.write(path)


@pytest.fixture
def weights():
    made = torch.Generator().manual_seed(0)
    shapes = {"linear": (8, 5), "up": (2, 1, 1, 2, 2), "depthwise": (2, 1, 1, 3, 3), "rgb": (3, 2, 3, 3)}
    return {name: torch.randn(shape, generator=made).numpy() for name, shape in shapes.items()}


@pytest.fixture
def paths(tmp_path, weights):
    found = [tmp_path / "mapping.xml", tmp_path / "synthesis.xml"]
    mapping(found[0], weights["linear"])
    synthesis(found[1], weights)
    return found


def by_hand(z, weights):
    w = {name: torch.as_tensor(array) for name, array in weights.items()}
    style = F.linear(z / (z.square().mean(1, keepdim=True) + 1e-6).sqrt(), w["linear"])
    x = F.conv_transpose2d(style.reshape(-1, 2, 2, 2), w["up"].flatten(0, 1), stride=2, groups=2)
    cut = F.leaky_relu(x.flip(1), 0.1)
    return cut, F.conv2d(F.conv2d(cut, w["depthwise"].flatten(0, 1), padding=1, groups=2), w["rgb"], padding=1)


def test_two_networks_in_a_row_are_a_generator(paths, weights):
    z = torch.randn(4, 5)
    read_ = read(paths, prior="normal")
    assert (read_.latent, read_.size, read_.prior) == (5, 4, "normal")
    assert torch.allclose(read_(z), by_hand(z, weights)[1], atol=1e-6)
    models.save(read_, paths[0].with_name("mine.safetensors"))
    assert torch.equal(load_frozen(paths[0].with_name("mine.safetensors"))(z), read_(z))


def test_a_network_can_be_cut_at_any_layer(paths, weights):
    z = torch.randn(1, 5)
    style = Network.of(paths[0])(z)
    assert torch.allclose(Network.of(paths[1], "cut")(style), by_hand(z, weights)[0], atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('type="PReLU"', 'type="Loop"', "layer 'Loop'"),
        ('type="Convolution"', 'type="os.system"', "layer 'os.system'"),
        ("<net>", '<!DOCTYPE net [<!ENTITY a "aaaa">]><net>', "declarations"),
        ('offset="0"', 'offset="999999"', "outside the .bin"),
        ('offset="0"', 'offset="-4"', "outside the .bin"),
        ('element_type="i64"', 'element_type="string"', "unknown type"),
        ('type="Result"', 'type="Parameter"', "2 layers of the kind Parameter"),
        ('pads_end="1, 1"', 'pads_end="0, 1"', "padding"),
        ("</layer>", "", "damaged"),
        ('from-layer="0"', 'from-layer="77"', "cannot be traced"),
    ],
)
def test_other_networks_are_refused_with_the_reason(paths, old, new, says):
    text = paths[1].read_text()
    assert old in text
    paths[1].write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=r"mapping\.xml: ") as caught:
        read(paths)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cycle_is_refused(tmp_path):
    ir = Ir()
    z = parameter(ir, 3)
    first = ir.add("Add", [z, (2, 2)])
    ir.add("Add", [first, z])
    ir.add("Result", [(2, 2)])
    ir.write(tmp_path / "cycle.xml")
    with pytest.raises(ValueError, match=r"cycle\.xml: its layers form a cycle"):
        read([tmp_path / "cycle.xml"])


def test_a_missing_file_is_named(paths):
    paths[0].with_suffix(".bin").unlink()
    with pytest.raises(ValueError, match="no such file"):
        read(paths)
