"""Checkpoints are read without executing anything: damaged and hostile ones are refused by name."""

import builtins
import os
import pickle
import subprocess

import pytest
import torch

from latentspace.gan import unpickle, zoo, zoo_import
from latentspace.gan.network import Generator


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(12, [8, 6, 4])


@pytest.mark.parametrize("legacy", [False, True])
def test_truncated_files_are_refused_by_name(tmp_path, generator, legacy):
    path = tmp_path / "g.pth"
    zoo.write(path, generator, old_keys=False, legacy=legacy)
    whole = path.read_bytes()
    for cut in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"g\.pth: damaged or not a checkpoint") as caught:
            zoo_import.read(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"none\.pth: no such file"):
        zoo_import.read(tmp_path / "none.pth")


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
        zoo_import.read(path)
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
        zoo_import.read(path)
    assert dict(vars(unpickle.Config)) == before


def test_views_larger_than_their_storage_are_refused(tmp_path):
    path = tmp_path / "g.pth"
    torch.save({"netG": {"formatLayer.weight": torch.zeros(1).expand(1 << 40)}}, path)
    with pytest.raises(ValueError, match=r"g\.pth: refused.*larger than its storage"):
        zoo_import.read(path)
