"""Files in other formats that are no generators, or want to be more: one line, and nothing has been executed."""

import importlib.util
import json
import random
import sys
import warnings
import zipfile

import pytest
import torch
from torch import nn

from latentspace.gan.formats import exported, onnx_file, torchscript
from latentspace.gan.formats.check import READERS, WRITERS

LATENT = 5


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.last = nn.Linear(LATENT, 16), nn.Conv2d(1, 3, 3, padding=1)

    def images(self, z):
        return self.last(self.layer(z).view(-1, 1, 4, 4))

    def forward(self, z):
        return self.images(z)


class TwoInputs(Small):
    def forward(self, z, noise):
        return self.images(z) + noise


class TwoOutputs(Small):
    def forward(self, z):
        return self.images(z), z


class Vectors(Small):
    def forward(self, z):
        return self.layer(z)


class Wide(Small):
    def forward(self, z):
        return self.images(z)[..., :3]


class Constant(Small):
    def forward(self, z):
        return self.images(torch.zeros_like(z))


class Detached(Small):
    def forward(self, z):
        return self.images(z.detach())


class Steps(Small):
    def forward(self, z):
        return self.images((z > 0).float())


class Noisy(Small):
    def forward(self, z):
        return self.images(z) + torch.randn(1, 3, 4, 4)


class Huge(Small):
    def forward(self, z):
        return self.images(z) + torch.ones(2**20, 2**20).mean()


class Infinite(Small):
    def __init__(self):
        super().__init__()
        self.layer.weight.data[0, 0] = float("inf")


class Training(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.norm = nn.Linear(LATENT, 16), nn.BatchNorm2d(1)

    def forward(self, z):
        return self.norm(self.layer(z).view(-1, 1, 4, 4))


class Views(Small):
    def forward(self, z):
        x = self.layer(z)
        row = x[:, :4]
        x.mul_(2)
        return self.last(x.view(-1, 1, 4, 4)) + row.mean()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.file"


def write(made, path, *more, kind="exported"):
    examples = (torch.zeros(1, LATENT), *more)
    with torch.no_grad():
        if kind == "exported":
            torch.export.save(torch.export.export(made, examples), path)
        else:
            WRITERS[kind](made, examples[0], path)


def refusal(path, kind="exported"):
    with pytest.raises(ValueError, match=r"weights\.file: ") as caught:
        READERS[kind](path, LATENT)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 500
    return text


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("made", "says"),
    [
        (TwoOutputs, "returns|outputs|several"),
        (Vectors, "result has the shape"),
        (Wide, "result has the shape"),
        (Constant, "do not depend"),
        (Detached, "no gradient"),
        (Steps, "no gradient"),
        (Huge, "numbers"),
        (Infinite, "not all finite|not finite"),
    ],
)
def test_what_is_no_generator_is_refused_with_the_reason(kind, made, says, path):
    if (made, kind) in {(Detached, "onnx"), (Huge, "torchscript")}:
        pytest.skip("ONNX has no detach; a trace by torch.jit computes the values")
    write(made().eval(), path, kind=kind)
    text = refusal(path, kind)
    assert any(words in text for words in says.split("|")), text


@pytest.mark.parametrize("kind", ["exported", "onnx"])
def test_random_numbers_are_refused(kind, path):
    write(Noisy().eval(), path, kind=kind)
    assert "is not " in refusal(path, kind)


def test_a_second_input_is_refused(path):
    write(TwoInputs().eval(), path, torch.zeros(1, 3, 4, 4))
    assert "it takes 2 inputs" in refusal(path)


def test_a_network_in_training_mode_is_refused(path):
    write(Training().train(), path)
    assert "eval()" in refusal(path)


def test_a_change_that_another_view_sees_is_refused(path):
    write(Views().eval(), path)
    assert "is a view" in refusal(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch's own code
        program = torch.export.export(Views().eval(), (torch.zeros(1, LATENT),)).run_decompositions({})
    torch.export.save(program, path)
    z = torch.randn(3, LATENT)
    wanted = torch.cat([Views()(each[None]) for each in z])
    assert torch.allclose(exported.read(path)(z), wanted, atol=1e-5)


def changed(path, change):
    """Rewrite the graph of an exported file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if name.endswith("models/model.json"))
    model = json.loads(parts[name])
    change(model["graph_module"]["graph"])
    parts[name] = json.dumps(model).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)


@pytest.mark.parametrize(
    "target",
    [
        "torch.ops.aten.from_file.default",
        "torch.ops.aten.randn.default",
        "torch.ops.higher_order.cond",
        "torch.ops.aten.__class__.mro",
        "torch.ops.aten.view.__globals__",
        "_operator.attrgetter",
        "os.system",
        "",
    ],
)
def test_operations_that_are_not_listed_are_refused(target, path):
    write(Small(), path)
    changed(path, lambda graph: graph["nodes"][0].update(target=target))
    assert "operation" in refusal(path)


def test_text_is_not_evaluated(path, tmp_path):
    write(Small(), path)
    mark = tmp_path / "ran"
    attack = {"as_expr": {"expr_str": f"__import__('os').mkdir({str(mark)!r})", "hint": None}}

    def change(graph):
        for value in graph["tensor_values"].values():
            value["sizes"][0] = attack

    changed(path, change)
    exported.read(path)  # the sizes of all values but the latents are of no interest
    assert not mark.exists()


def test_damaged_files_are_refused(path, tmp_path):
    rng = random.Random(0)
    for kind in READERS:
        write(Small().eval(), path, kind=kind)
        whole = path.read_bytes()
        for _ in range(15):
            path.write_bytes(whole[: rng.randrange(len(whole))])
            refusal(path, kind)
    path.unlink()
    for kind in READERS:
        assert "no such file" in refusal(path, kind)


def test_weights_outside_their_storage_are_refused(path):
    write(Small(), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if name.endswith("model_weights_config.json"))
    parts[name] = parts[name].replace(b'"storage_offset": {"as_int": 0}', b'"storage_offset": {"as_int": 999}', 1)
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    assert "damaged" in refusal(path)


def scripted(path, *lines, more=""):
    """Write TorchScript from the text of its forward."""
    body = "\n".join(f"        {line}" for line in lines)
    head = "import torch\nfrom torch import nn\nclass Made(nn.Module):\n    def forward(self, z: torch.Tensor):"
    file = path.with_suffix(".py")
    file.write_text(f"{head}\n{body}\n{more}")
    spec = importlib.util.spec_from_file_location(f"made_{path.parent.name}", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # TorchScript reads the source
    spec.loader.exec_module(module)
    with pytest.warns(DeprecationWarning):
        torch.jit.save(torch.jit.script(module.Made()), path)


HOOKS = (
    "    @torch.jit.export\n    def __getstate__(self):\n        return torch.ones(1), self.training\n"
    "    @torch.jit.export\n    def __setstate__(self, state: tuple[torch.Tensor, bool]):\n"
    "        while True:\n            self.training = state[1]\n"
)
IMAGES = "x = torch.sin(z[:, :4].reshape(-1, 1, 2, 2))"


def test_a_script_with_conditions_and_short_loops_is_read(path):
    scripted(
        path, IMAGES, "for i in range(3):", "    x = torch.cos(x)", "if x.dim() == 4:", "    x = 2 * x", "return x"
    )
    z = torch.randn(3, LATENT)
    wanted = 2 * z[:, :4].reshape(-1, 1, 2, 2).sin().cos().cos().cos()
    assert torch.allclose(torchscript.read(path, LATENT)(z), wanted, atol=1e-6)


@pytest.mark.parametrize(
    "lines",
    [
        (IMAGES, "while x.dim() > 0:", "    x = torch.cos(x)", "return x"),
        (IMAGES, "for i in range(1000000000):", "    x = torch.cos(x)", "return x"),
        (
            IMAGES,
            "for i in range(9):",
            "    for j in range(9):",
            "        for k in range(9):",
            "            x = x.cos()",
            "return x",
        ),
    ],
)
def test_a_script_that_may_not_end_is_refused(path, lines):
    scripted(path, *lines)
    assert "a loop" in refusal(path, "torchscript")


def test_a_script_with_random_numbers_is_refused(path):
    scripted(path, IMAGES, "return x + torch.randn(1)")
    assert "the instruction 'aten::randn'" in refusal(path, "torchscript")


def test_a_script_whose_loading_would_run_code_is_refused(path):
    scripted(path, IMAGES, "return x", more=HOOKS)
    assert "loading would call" in refusal(path, "torchscript")


def test_onnx_weights_in_other_files_are_refused(path):
    import onnx

    write(Small(), path, kind="onnx")
    model = onnx.load(path)
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    path.write_bytes(model.SerializeToString())
    assert "in another file" in refusal(path, "onnx")


@pytest.mark.parametrize(
    ("domain", "name"), [("", "Loop"), ("", "RandomNormal"), ("com.microsoft", "Add"), ("", "Nothing")]
)
def test_onnx_operators_that_are_not_listed_are_refused(domain, name, path):
    import onnx

    write(Small(), path, kind="onnx")
    model = onnx.load(path)
    model.graph.node[-1].domain, model.graph.node[-1].op_type = domain, name
    path.write_bytes(model.SerializeToString())
    assert "its operator" in refusal(path, "onnx")


def test_without_the_package_onnx_the_extra_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"'\.\[onnx\]'"):
        onnx_file.read(path)


class Saves(nn.Module):
    """Writes a file when it is called."""

    def __init__(self, mark: str):
        super().__init__()
        self.mark = mark

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        torch.save([1], self.mark)
        return z


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript itself

    @torch.jit.interface
    class Part(nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            pass


class Calls(nn.Module):
    """Calls a part of which only the interface is known."""

    part: Part

    def __init__(self, mark: str):
        super().__init__()
        self.part = Saves(mark)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.part.forward(z).view(-1, 1, 2, 2)


class Hooked(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z.view(-1, 1, 2, 2)


def hook(module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
    return output + 1


def hooked():
    module = Hooked()
    module.register_forward_hook(hook)
    return module


@pytest.mark.parametrize("made", [Calls, lambda _: hooked()])
def test_code_that_the_instructions_do_not_show_is_refused(made, path, tmp_path):
    mark = tmp_path / "ran"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(made(str(mark))), path)
    with pytest.raises(ValueError, match=r"prim::CallMethod|forward hooks"):
        torchscript.read(path, 4)
    assert not mark.exists()


def test_a_file_with_two_directories_is_seen_as_pytorch_sees_it(tmp_path, path):
    """Python's zipfile finds the second directory, PyTorch's reader the first."""
    scripted(tmp_path / "evil", IMAGES, "return x", more=HOOKS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(Small().eval(), torch.zeros(1, LATENT)), tmp_path / "good")
    whole = {name: (tmp_path / name).read_bytes() for name in ("evil", "good")}
    ends = {name: content.rindex(b"PK\x05\x06") for name, content in whole.items()}
    body = {name: content[: ends[name]] for name, content in whole.items()}
    tail = whole["evil"][ends["evil"] :]
    path.write_bytes(body["evil"] + body["good"] + tail)
    with pytest.raises(ValueError, match=r"weights\.file: "):
        torchscript.read(path, LATENT)


@pytest.mark.parametrize(
    "lines",
    [
        (
            IMAGES,
            "l = [z]",
            "for i in range(9):",
            "    for j in range(len(l)):",
            "        l.append(z)",
            "return x + l[0].sum()",
        ),
        (IMAGES, "l = [0]", "for i in range(99):", "    l = l + l", "return x + l[0]"),
        (IMAGES, "l = [0] * 10000000000", "return x + l[0]"),
    ],
)
def test_a_script_with_lists_that_explode_is_refused(path, lines):
    scripted(path, *lines)
    assert "makes a list longer" in refusal(path, "torchscript")


class Returned(Small):
    def forward(self, z):
        x = self.images(z)
        x.view(-1, 48).mul_(3)
        return x


@pytest.mark.parametrize("kind", ["exported", "torchscript"])
def test_a_change_through_a_view_of_the_images_is_refused(path, kind):
    write(Returned().eval(), path, kind=kind)
    assert "is a view" in refusal(path, kind)


def test_a_change_is_seen_by_all_that_come_after(path):
    class Twice(Small):
        def forward(self, z):
            x = self.images(z)
            y = x.mul_(2)
            x.add_(1)
            return self.last(y[:, :1]) + x

    write(Twice().eval(), path)
    z = torch.randn(3, LATENT)
    assert torch.allclose(exported.read(path)(z), Twice()(z), atol=1e-5)


def test_weights_that_share_a_few_numbers_are_refused(path):
    write(Small(), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if name.endswith("model_weights_config.json"))
    config = json.loads(parts[name])
    meta = config["config"]["layer.weight"]["tensor_meta"]
    meta |= {"sizes": [{"as_int": 2**17}, {"as_int": 2**14}], "strides": [{"as_int": 0}, {"as_int": 0}]}
    parts[name] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    assert "more numbers than are stored" in refusal(path)


def test_a_wrong_length_of_latents_is_told_in_one_line(path, capfd):
    write(Small().eval(), path, kind="torchscript")
    with pytest.raises(ValueError, match="cannot be traced") as caught:
        torchscript.read(path, 15)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""
