"""Import of the zoo's files: equal to its arithmetic, checked, and deaf to what a hostile file asks for."""

import builtins
import os
import pickle
import subprocess
from pathlib import Path

import pytest
import torch

from latentspace.core import models
from latentspace.gan import unpickle, zoo, zoo_files
from latentspace.gan.network import Discriminator, Generator


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(12, [8, 6, 4])


def test_all_shapes_layouts_and_formats_equal_the_zoo(tmp_path):
    assert zoo_files.worst_difference(tmp_path, divide=32, seed=0) < 1e-5
    assert not list(tmp_path.iterdir())


def test_fading_file(tmp_path, generator):
    generator.alpha = 0.3
    zoo_files.write(tmp_path / "g.pth", generator, old_keys=False, legacy=False)
    read = zoo.read(tmp_path / "g.pth")
    assert read.alpha == 0.3
    assert zoo.max_difference(read, torch.randn(2, 12)) < 1e-10


@pytest.mark.parametrize("name", zoo.RELEASES)
def test_counts_of_the_released_generators(name):
    latent, classes, widths = zoo_files.SHAPES[name]
    with torch.device("meta"):
        generator = Generator(latent, widths, classes)
    zoo._check_release(generator, name)
    assert len(Discriminator([4] * len(widths)).state_dict()) > 0


def test_file_of_another_release_is_refused(tmp_path, generator):
    zoo_files.write(tmp_path / "g.pth", generator, old_keys=False, legacy=False)
    with pytest.raises(ValueError, match=r"g\.pth: .* 18 tensors.*celeba has 36"):
        zoo.read(tmp_path / "g.pth", release="celeba")


@pytest.mark.parametrize("config", [{}, {"alpha": 0}, {"attribKeysOrder": None, "categoryVectorDim": None}])
def test_missing_attributes_are_inferred(tmp_path, generator, config):
    zoo_files.write(tmp_path / "g.pth", generator, old_keys=True, legacy=True, config=config)
    assert zoo.read(tmp_path / "g.pth").config == generator.config


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"latentVectorDim": 512}, "latent size 512, its weights take 12"),
        ({"equalizedlR": False}, "equalizedlR"),
        ({"lossCriterion": "DCGAN"}, "lossCriterion"),
    ],
)
def test_configs_that_do_not_fit_are_refused(tmp_path, generator, config, reason):
    zoo_files.write(tmp_path / "g.pth", generator, old_keys=False, legacy=False, config=config)
    with pytest.raises(ValueError, match=rf"g\.pth: .*{reason}"):
        zoo.read(tmp_path / "g.pth")


def test_either_network_by_choice(tmp_path, generator):
    weights = generator.state_dict()
    torch.save({"netG": weights, "avgG": {k: 2 * v for k, v in weights.items()}}, tmp_path / "g.pth")
    a, b = (zoo.read(tmp_path / "g.pth", network).state_dict() for network in ("netG", "avgG"))
    assert all(torch.equal(2 * a[key], b[key]) for key in a)
    torch.save({"netG": weights}, tmp_path / "one.pth")
    with pytest.raises(ValueError, match=r"one\.pth: .*no avgG"):
        zoo.read(tmp_path / "one.pth", "avgG")


def test_conversion_writes_both_files_and_a_failed_one_neither(tmp_path, generator):
    zoo_files.write(tmp_path / "g.pth", generator, old_keys=False, legacy=True)
    target = tmp_path / "out" / "g.safetensors"
    zoo.convert(tmp_path / "g.pth", target)
    again = models.load(target)
    z = torch.randn(2, 12)
    assert torch.equal(again(z), generator(z))
    before = target.read_bytes(), target.with_suffix(".json").read_bytes()
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"bad\.pth"):
        zoo.convert(tmp_path / "bad.pth", target)
    assert before == (target.read_bytes(), target.with_suffix(".json").read_bytes())


@pytest.mark.parametrize("legacy", [False, True])
def test_truncated_files_are_refused_by_name(tmp_path, generator, legacy):
    path = tmp_path / "g.pth"
    zoo_files.write(path, generator, old_keys=False, legacy=legacy)
    whole = path.read_bytes()
    for cut in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"g\.pth: damaged or not a checkpoint") as caught:
            zoo.read(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"none\.pth: no such file"):
        zoo.read(tmp_path / "none.pth")


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def hostile(mark):
    inner = Calls(getattr, builtins, "eval")
    return {
        "os.system": Calls(os.system, f"touch {mark}"),
        "subprocess": Calls(subprocess.call, ["touch", str(mark)]),
        "eval": Calls(eval, f"open({str(mark)!r}, 'w')"),
        "exec": Calls(exec, f"open({str(mark)!r}, 'w')"),
        "open": Calls(open, str(mark), "w"),
        "getattr": Calls(getattr, os, "system"),
        "chain": Calls(Calls, inner, "1"),
        "torch.load": Calls(torch.load, str(mark)),
    }


@pytest.mark.parametrize("name", hostile("x"))
@pytest.mark.parametrize("legacy", [False, True])
def test_hostile_files_are_refused_and_do_not_run(tmp_path, generator, name, legacy):
    mark = tmp_path / "ran"
    path = tmp_path / "g.pth"
    contents = {"netG": generator.state_dict(), "config": hostile(mark)[name]}
    try:
        torch.save(contents, path, _use_new_zipfile_serialization=not legacy)
    except (AttributeError, TypeError, pickle.PicklingError):  # modules do not pickle: write the call by hand
        path.write_bytes(pickle.dumps(unpickle.MAGIC) + b"cbuiltins\ngetattr\n(cos\nsystem\nVx\ntR.")
    with pytest.raises(ValueError, match=r"g\.pth: refused") as caught:
        zoo.read(path)
    assert "\n" not in str(caught.value)
    assert not mark.exists()


def stream_of(opcodes):
    return (
        pickle.dumps(unpickle.MAGIC) + pickle.dumps(unpickle.PROTOCOL) + pickle.dumps({"little_endian": True}) + opcodes
    )


@pytest.mark.parametrize(
    "opcodes",
    [
        b"cposix\nsystem\n(Vtrue\ntR.",
        b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93.",  # a dotted name
        b"cmodels.utils.config\nBaseConfig\n(N}Vx\nI1\nstb.",  # BUILD on the class itself
        b"ctorch._utils\n_rebuild_tensor_v2\n(N}Vx\nI1\nstb.",
        b"ctorch\nFloatStorage\n.",
    ],
)
def test_hand_written_pickles_change_nothing(tmp_path, opcodes):
    path = tmp_path / "g.pth"
    path.write_bytes(stream_of(opcodes))
    before = dict(vars(unpickle.Config))
    with pytest.raises(ValueError, match=r"g\.pth"):
        zoo.read(path)
    assert dict(vars(unpickle.Config)) == before


def test_views_larger_than_their_storage_are_refused(tmp_path):
    path = tmp_path / "g.pth"
    torch.save({"netG": {"formatLayer.weight": torch.zeros(1).expand(1 << 40)}}, path)
    with pytest.raises(ValueError, match=r"g\.pth: refused.*larger than its storage"):
        zoo.read(path)


def test_no_network_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "ADDRESS", "http://127.0.0.1:9/")
    with pytest.raises(ValueError, match=r"6196db68\.pth: cannot be downloaded"):
        zoo.fetch("celebAHQ-256", tmp_path)
    assert not list(tmp_path.iterdir())


def test_download_of_something_else_is_refused(tmp_path, monkeypatch):
    source = tmp_path / "there"
    source.mkdir()
    (source / zoo.RELEASES["celeba"].file).write_bytes(b"not this")
    monkeypatch.setattr(zoo, "ADDRESS", source.as_uri() + "/")
    with pytest.raises(ValueError, match="is not this file"):
        zoo.fetch("celeba", tmp_path / "here")
    assert not list((tmp_path / "here").iterdir())


def test_source_needs_a_file_or_a_download(tmp_path):
    with pytest.raises(ValueError, match="give a file"):
        zoo.ZooSource(release="celeba")
    assert zoo.ZooSource(release="celeba", download=True).network == "netG"
    assert zoo.locate(zoo.ZooSource(file="here.pth"), tmp_path) == Path("here.pth")
    cached = tmp_path / zoo.RELEASES["celeba"].file
    cached.write_bytes(b"there already")
    assert zoo.locate(zoo.ZooSource(release="celeba", download=True), tmp_path) == cached
