"""Files that pretend to be generators of the GAN zoo: families of attacks, as bytes by name."""

from __future__ import annotations

import builtins
import importlib
import io
import os
import pathlib
import pickle
import pickletools
import random
import shutil
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import torch

from latentspace.gan import checkpoint, zoo
from latentspace.gan.network import Generator

Cases = Iterator[tuple[str, bytes]]
ORDERED = b"ccollections\nOrderedDict\n"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
CONFIG = b"cmodels.utils.config\nBaseConfig\n"


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def attacks(mark: Path) -> dict[str, Calls]:
    """Calls of which each would create `mark`, or fetch what could."""
    return {
        "os.system": Calls(os.system, f"touch {mark}"),
        "os.popen": Calls(os.popen, f"touch {mark}"),
        "os.mkdir": Calls(os.mkdir, str(mark)),
        "subprocess": Calls(subprocess.call, ["touch", str(mark)]),
        "Popen": Calls(subprocess.Popen, ["touch", str(mark)]),
        "eval": Calls(eval, f"open({str(mark)!r}, 'w')"),
        "exec": Calls(exec, f"open({str(mark)!r}, 'w')"),
        "open": Calls(open, str(mark), "w"),
        "import": Calls(importlib.import_module, "antigravity"),
        "__import__": Calls(builtins.__import__, "antigravity"),
        "getattr": Calls(getattr, Calls(importlib.import_module, "os"), "system"),
        "touch": Calls(pathlib.Path.touch, mark),
        "rmtree": Calls(shutil.rmtree, str(mark)),
        "copy": Calls(shutil.copy, "/etc/hostname", str(mark)),
        "torch.load": Calls(torch.load, str(mark)),
        "torch.save": Calls(torch.save, 1, str(mark)),
        "bytearray": Calls(bytearray, 1 << 33),
        "zeros": Calls(torch.zeros, 1 << 33),
    }


def stream(content: bytes, keys: tuple[str, ...] = (), data: bytes = b"") -> bytes:
    """A pickle in PyTorch's container before 1.6."""
    head = [pickle.dumps(value, 2) for value in (checkpoint.MAGIC, checkpoint.PROTOCOL, {"little_endian": True})]
    return b"".join([*head, content, pickle.dumps(list(keys), 2), data])


def archive(content: bytes, parts: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    """A pickle in PyTorch's zip archive."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as writer:
        writer.writestr("a/data.pkl", content)
        for name, part in (parts or {}).items():
            writer.writestr(f"a/{name}", part)
    return whole.getvalue()


def both(family: str, programs: dict[str, bytes]) -> Cases:
    """Programs in both containers."""
    for (name, program), (kind, contained) in product(programs.items(), {"stream": stream, "zip": archive}.items()):
        yield f"{family} {name} {kind}", contained(program)


def calls(mark: Path) -> Cases:
    """Calls of what is named, in every place of a checkpoint."""
    for name, call in attacks(mark).items():
        for place, contents in {
            "as netG": {"netG": call},
            "in the config": {"netG": {}, "config": {"alpha": call}},
            "alone": call,
        }.items():
            yield from both(f"call {name} {place}", {f"{p}": pickle.dumps(contents, p) for p in (2, 4)})


def opcodes(mark: Path) -> Cases:
    """Every instruction of pickle, one after values that it might take, and those with arguments at their largest."""
    arguments = {"N": b"", "1": b"\xff", "2": b"\xff\xff", "4": b"\xff\xff\xff\x7f", "8": b"\xff" * 7 + b"\x7f"}
    programs = {}
    for opcode in pickletools.opcodes:
        size = 0 if opcode.arg is None else opcode.arg.n
        given = arguments.get(str(size), b"os\nsystem\n" if size == pickletools.UP_TO_NEWLINE else b"\xff" * 4)
        programs[opcode.name] = b"\x80\x04(X\x04\0\0\0trueN" + opcode.code.encode("latin-1") + given + b"."
    yield from both("opcode", programs)


def memo(mark: Path) -> Cases:
    """A memo of gigabytes in nine bytes, and values that are not there."""
    programs = {f"put {k}": b"\x80\x02Nr" + struct.pack("<I", 2**k - 1) + b"." for k in range(16, 33, 2)}
    programs |= {"get": b"\x80\x02j" + struct.pack("<I", 2**31) + b".", "put nothing": b"\x80\x02q\0."}
    programs["many"] = b"\x80\x04N" + b"\x94" * 300_000 + b"."
    yield from both("memo", programs)


def hashes(mark: Path) -> Cases:
    """Keys whose hash takes for ever, or that no state dict has."""
    pairs = b")" + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(100))
    keys = {"pairs": pairs, "deep": b")" + b"\x85" * 50_000, "none": b"N", "float": b"G" + bytes(8), "true": b"\x88"}
    keys |= {"big": b"\x8a\x09" + b"\0" * 8 + b"\1", "list": b"]", "type": b"ctorch\nFloatStorage\n", "config": CONFIG}
    programs = {f"{name} in a dict": b"\x80\x02}" + key + b"Ns." for name, key in keys.items()}
    programs |= {f"{name} among items": b"\x80\x02" + ORDERED + b")R(" + key + b"Nu." for name, key in keys.items()}
    programs |= {
        f"{name} of Python 2": b"\x80\x02" + ORDERED + b"](" + key + b"N\x86e\x85R." for name, key in keys.items()
    }
    yield from both("key", programs)


def changes(mark: Path) -> Cases:
    """Instructions that change an object, on objects that must not change."""
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ"
    targets = {
        "tensor": TENSOR + b"(" + storage + b"K\0K\x01\x85K\x01\x85\x89" + ORDERED + b")RtR",
        "storage": storage,
        "type": b"ctorch\nFloatStorage\n",
        "function": TENSOR,
        "class": CONFIG,
        "word": b"X\x01\0\0\0x",
        "tuple": b")",
        "number": b"K\1",
    }
    tools = {"BUILD": b"}X\1\0\0\0xK\1sb", "APPENDS": b"(K\1K\1e", "APPEND": b"K\1a", "ADDITEMS": b"(K\1K\1\x90"}
    tools |= {"SETITEMS": b"(K\1K\1u", "REDUCE": b")R", "NEWOBJ": b")\x81", "slots": b"N}X\1\0\0\0xK\1s\x86b"}
    pairs = product(tools.items(), targets.items())
    yield from both("change", {f"{tool} {name}": b"\x80\x02" + at + how + b"." for (tool, how), (name, at) in pairs})


def number(value: int) -> bytes:
    """LONG1 of a number."""
    data = value.to_bytes(16, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def tensor(count: int, offset: int, size: list[int], stride: list[int], kind: str = "Float", key: str = "0") -> bytes:
    """A pickle of a netG with one tensor."""
    storage = b"(X\x07\0\0\0storagectorch\n" + f"{kind}Storage\n".encode()
    storage += b"X" + struct.pack("<I", len(key)) + key.encode() + b"X\3\0\0\0cpu" + number(count) + b"tQ"
    shape = b"(" + b"".join(map(number, size)) + b"t(" + b"".join(map(number, stride)) + b"t"
    built = TENSOR + b"(" + storage + number(offset) + shape + b"\x89" + ORDERED + b")RtR"
    name = b"formatLayer.module.weight"
    return b"\x80\x02}X\4\0\0\0netG" + ORDERED + b")RX" + struct.pack("<I", len(name)) + name + built + b"ss."


def storages(mark: Path) -> Cases:
    """Tensors that are not in their storage, storages that are not in the file."""
    huge = 2**62
    for name, arguments in {
        "offset": (4, 4, [1], [1]),
        "negative offset": (4, -1, [1], [1]),
        "size": (4, 0, [5], [1]),
        "expanded": (4, 0, [huge], [0]),
        "expanded twice": (4, 0, [2**40, 2**40], [0, 0]),
        "negative size": (4, 0, [-1], [1]),
        "stride": (4, 0, [2], [huge]),
        "negative stride": (4, 3, [4], [-1]),
        "dimensions": (4, 0, [1] * 200, [1] * 200),
        "unequal": (4, 0, [1, 1], [1]),
        "huge count": (huge, 0, [huge], [1]),
        "negative count": (-4, 0, [1], [1]),
        "a terabyte": (2**38, 0, [2**38], [1]),
        "whole numbers": (4, 0, [2, 2], [2, 1], "Long"),
        "no such type": (4, 0, [2, 2], [2, 1], "Quantised"),
        "other key": (4, 0, [2, 2], [2, 1], "Float", "../../etc/passwd"),
    }.items():
        program = tensor(*arguments)
        counted = struct.pack("<q", arguments[0]) + bytes(16)
        yield f"storage {name} stream", stream(program, ("0",), counted)
        yield f"storage {name} stream, too short", stream(program, ("0",), counted[:20])
        yield f"storage {name} zip", archive(program, {"data/0": bytes(16)})
        yield f"storage {name} zip, too short", archive(program, {"data/0": bytes(3)})
        yield f"storage {name} zip, missing", archive(program)


def containers(mark: Path) -> Cases:
    """Archives that grow, overlap, lie about their sizes, or hold something else."""
    sound = tensor(4, 0, [2, 2], [2, 1])
    for name, (method, size) in {"deflate": (zipfile.ZIP_DEFLATED, 28), "bzip2": (zipfile.ZIP_BZIP2, 24)}.items():
        zeros = bytes(1 << size)
        yield f"bomb {name}: a storage", archive(sound, {"data/0": zeros}, method)
        yield (
            f"bomb {name}: the pickle",
            archive(b"\x80\x02X" + struct.pack("<I", 1 << size) + zeros + b".", None, method),
        )
    whole = archive(sound, {"data/0": bytes(1 << 16)})
    start = whole.rindex(b"PK\1\2")
    entry, end = whole[start : whole.rindex(b"PK\5\6")], bytearray(whole[whole.rindex(b"PK\5\6") :])
    for count in (20, 400, 30_000):
        struct.pack_into("<HHI", end, 8, min(count, 65535), min(count, 65535), len(entry) * count)
        yield f"bomb of {count} entries of one part", whole[:start] + entry * count + bytes(end)
    for name, at in {"stored": 20, "unpacked": 24}.items():
        lie = bytearray(whole)
        struct.pack_into("<I", lie, start + at, 0x7FFFFFFF)
        yield f"bomb that lies about what is {name}", bytes(lie)
    yield "bomb of a long list of parts", whole[:-22] + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 9, 9, 2**31, 0, 0)
    yield "archive of two pickles", archive(sound, {"mydata.pkl": sound})
    yield "archive of none", archive(sound).replace(b"data.pkl", b"data.pik")
    yield "archive of big-endian numbers", archive(sound, {"byteorder": b"big"})
    yield "archive in an archive", archive(archive(sound))
    yield "archive with an offset", b"#!/bin/sh\n" + archive(sound)
    yield "stream of many instructions", stream(b"\x80\x02" + b"}" * 2_000_000 + b".")
    yield "stream of marks", stream(b"\x80\x02" + b"(" * 2_000_000 + b".")
    yield "stream of a list in itself", stream(b"\x80\x02}X\4\0\0\0netG]q\0h\0as.")
    yield "stream of a long line", stream(b"\x80\x02V" + b"a" * 2_000_000)
    yield "stream of a word longer than the file", stream(b"\x80\x02X\xff\xff\xff\x7f" + b"a" * 100 + b".")
    yield "stream of keys that are no words", stream(b"\x80\x02}.").replace(b"]q\0.", b"](" + b")\x85e.")


def sound(legacy: bool) -> bytes:
    """A file that is read."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.pth"
        zoo.write(path, Generator(4, [4, 4]), old_keys=False, legacy=legacy)
        return path.read_bytes()


def damages(mark: Path) -> Cases:
    """A sound file cut, or with bits flipped; a flipped bit may be in a weight, or in what is not read."""
    rng = random.Random(0)
    for kind, whole in {"zip": sound(False), "stream": sound(True)}.items():
        for cut in range(20):
            yield f"cut {kind} {cut}", whole[: rng.randrange(len(whole) // 2)]
        for flip in range(150):
            data = bytearray(whole)
            for _ in range(rng.choice([1, 1, 8])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            yield f"flip {kind} {flip}", bytes(data)


FAMILIES = (calls, opcodes, memo, hashes, changes, storages, containers, damages)
