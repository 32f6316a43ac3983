"""Checkpoints are read without executing anything: damaged and hostile ones are refused by name."""

import builtins
import io
import os
import pickle
import subprocess

import pytest
import torch

from latentspace.gan import checkpoint, unpickle, zoo, zoo_import
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
        path.write_bytes(pickle.dumps(checkpoint.MAGIC) + b"cbuiltins\ngetattr\n(cos\nsystem\nVx\ntR.")
    with pytest.raises(ValueError, match=r"g\.pth: refused") as caught:
        zoo_import.read(path)
    assert "\n" not in str(caught.value)
    assert not mark.exists()


def stream_of(opcodes):
    return (
        pickle.dumps(checkpoint.MAGIC)
        + pickle.dumps(checkpoint.PROTOCOL)
        + pickle.dumps({"little_endian": True})
        + opcodes
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


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (b"\x80\x02}" + b")" + b"\x85" * 60_000 + b"Ns.", "a tuple as a key"),
        (b"\x80\x02N" + b"q\0" * 200_000 + b".", "more than 100000 instructions"),
        (b"\x80\x02K\1K\2a.", "an append to a int"),
        (b"\x80\x02K\1N}b.", "a change of a NoneType"),
        (b"\x80\x04\x8f(K\1\x90.", "the instruction EMPTY_SET"),
        (b"\x80\x02cposix\nsystem\n.", r"the name posix\.system"),
    ],
)
def test_what_a_checkpoint_does_not_need_is_named(program, reason):
    with pytest.raises(unpickle.Refused, match=reason):
        unpickle.interpret(io.BytesIO(program))


def test_a_memo_takes_what_is_in_it():
    value, storages = unpickle.interpret(io.BytesIO(b"\x80\x02Nr\xff\xff\xff\x7f."))
    assert value is None and not storages


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_plain_values_are_those_of_pickle(protocol):
    values = {
        "a": [1, -1, 255, 65536, 2**40, -(2**70), 1.5, None, True, False],
        "b": {3: "ü", "c": ((), (1,), (1, 2, 3, 4))},
    }
    values["again"] = values["a"]
    assert unpickle.interpret(io.BytesIO(pickle.dumps(values, protocol)))[0] == values


def test_deep_values_are_let_go_without_recursion():
    for inner in (b"\x85", b"}X\1\0\0\0xK\1s\x86"):
        value, _ = unpickle.interpret(io.BytesIO(b"\x80\x02)" + inner * 15_000 + b"."))
        del value
