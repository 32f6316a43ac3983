"""Hostile and damaged files of generators: nothing runs, memory and time are bounded by the file, one line each."""

import json
import subprocess
import sys

import hostile
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from safetensors.torch import save_file

from latentspace.gan import zoo, zoo_import
from latentspace.gan.network import Generator
from latentspace.nn import models

ROOM, SECONDS = (
    192 * 2**20,
    10,
)  # bytes beside the file, and time of the processor, in which each file is read or refused

# Reads each file of a folder in a process that may not grow by more than ROOM, and says what came of it.
READ = f"""
import json, resource, signal, sys, time
from pathlib import Path
from latentspace.gan import zoo_import
from latentspace.nn import models

read = {{".pth": zoo_import.read, ".safetensors": models.load}}
folder, found = Path(sys.argv[1]), {{}}
read[".pth"](folder / "sound.pth")
room = int(sys.argv[2])
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(folder.iterdir()):
    signal.setitimer(signal.ITIMER_PROF, {SECONDS})
    before, started = peak(), time.process_time()
    try:
        read[path.suffix](path)
        said = None
    except ValueError as error:
        said = str(error)
    found[path.name] = said, peak() - before, time.process_time() - started
print(json.dumps(found))
"""


def outcomes(folder, room=ROOM):
    """What reading each file says (None: it was read), by how many KiB the process grew, how long it took."""
    (folder / "sound.pth").write_bytes(hostile.sound(legacy=False))
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder), str(room)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found.pop("sound.pth")[0] is None
    return found


def refused_in_one_line(name, said):
    assert said is not None, f"{name} was read"
    assert f"{name}: " in said and "\n" not in said and len(said) < 500, said
    assert "MemoryError" not in said and "alloc" not in said, said


@pytest.mark.parametrize("family", hostile.FAMILIES, ids=lambda family: family.__name__)
def test_files_that_attack_are_refused_in_one_line(tmp_path, tally, family):
    mark, folder = tmp_path / "ran", tmp_path / "files"
    folder.mkdir()
    names = {}
    for number, (name, content) in enumerate(family(mark)):
        names[f"{number:04}.pth"] = name
        (folder / f"{number:04}.pth").write_bytes(content)
    found = outcomes(folder)
    assert found.keys() == names.keys()
    refused = {
        file: said for file, (said, _, _) in found.items() if said is not None or not names[file].startswith("flip")
    }
    for file, said in refused.items():
        refused_in_one_line(file, said)
    assert not mark.exists()
    tally.add("hostile files of generators refused in one line, nothing executed, memory bounded", len(refused))


def test_descriptions_of_terabytes_take_no_memory(tmp_path, tally):
    """Safetensors of ours whose header describes more than the file holds."""
    weights = {name: tensor.contiguous() for name, tensor in Generator(4, [4, 4]).state_dict().items()}
    sound = {"latent": 4, "widths": [4, 4], "classes": 0, "channels": 3, "alpha": 0.0}
    dense = {"in_size": 4, "hidden": 10**7, "out_size": 10**7}
    nested: dict[str, object] = {"kind": "mean_head", "config": {}}
    for _ in range(100):
        nested = {"kind": "mean_head", "config": {"encoder": nested}}
    described = [("generator", {**sound, key: value}) for key, value in {"widths": [8192] * 9, "latent": 8192}.items()]
    described += [("generator", {**sound, "classes": 8192}), ("generator", {**sound, "widths": [1] * 100_000})]
    described += [("dense_network", dense), ("linear_pca", {"shape": [10**6, 10**6], "components": 10**6})]
    described += [("packet_autoencoder", {"encoders": [{"kind": "dense_network", "config": dense}] * 5000})]
    described += [("mean_head", nested["config"]), ("position_encoder", {"levels": 10**12, "halving": "stride"})]
    for number, (kind, config) in enumerate(described):
        header = json.dumps({"kind": kind, "config": config, "sha256": models.digest(weights)})
        save_file(weights, tmp_path / f"{number}.safetensors", metadata={"latentspace": header})
    for name, head in {"long": b"\xff" * 7 + b"\x7f", "deep": b"\x10\x27\0\0\0\0\0\0" + b"[" * 10_000}.items():
        (tmp_path / f"{name}.safetensors").write_bytes(head)
    found = outcomes(tmp_path)
    for name, (said, _, _) in found.items():
        refused_in_one_line(name, said)
    tally.add("hostile files of generators refused in one line, nothing executed, memory bounded", len(found))


@pytest.mark.parametrize("form", ["float", "half"])
@pytest.mark.parametrize("legacy", [False, True])
def test_a_sound_file_takes_five_times_its_size(tmp_path, form, legacy):
    """Its numbers, those of the network in float32, which may be twice as large, and a network of these."""
    torch.manual_seed(0)
    made = Generator(256, [256, 256, 256, 256, 256])
    zoo.write(tmp_path / "large.pth", getattr(made, form)(), old_keys=False, legacy=legacy)
    size = (tmp_path / "large.pth").stat().st_size
    found = outcomes(tmp_path, room=5 * size + 128 * 2**20)
    said, grown, _ = found["large.pth"]
    assert said is None
    assert grown * 1024 < 5 * size + 64 * 2**20


CONFIG = {"latent": 4, "widths": [4, 4], "classes": 2, "channels": 3, "alpha": 0.0}
SAID = {"latentVectorDim": 6, "categoryVectorDim": 2, "alpha": 0.0, "attribKeysOrder": {"Main": {"values": ["a", "b"]}}}
SAID |= {"lossCriterion": "WGANGP", "equalizedlR": True, "leakyReluLeak": 0.2, "perChannelNormalization": True}
NUMBERS = some.integers() | some.floats() | some.sampled_from([0, 1, 2, 0.5, 1.0, 31, 10**12, -0.0, 1e-300])
PLAIN = NUMBERS | some.booleans() | some.none() | some.text(max_size=3)
VALUES = some.recursive(PLAIN, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner))
CHANGES = some.sampled_from([1.0, 0.0, -1.0, 1e-30, 1e30, 3e38, float("nan"), float("inf"), "drop", "cut", "whole"])


def changed(weights, name, change):
    """Weights of which one tensor is scaled, left out, cut or made of whole numbers."""
    if change == "drop":
        del weights[name]
    elif change == "cut":
        weights[name] = weights[name][:1].contiguous()
    elif change == "whole":
        weights[name] = weights[name].long()
    else:
        weights[name] = weights[name] * change
    return weights


@pytest.fixture(scope="module")
def tried(tmp_path_factory, tally):
    """Read a file: a line that refuses it, or a generator whose images are finite and differ, also if folded."""

    def read(path, reader):
        tally.add("changed generators: refused in one line, or their images are finite")
        try:
            made = reader(path)
        except ValueError as error:
            refused_in_one_line(path.name, str(error))
            return
        for network in (made, made.fold()):
            images = network(torch.randn(3, made.latent + made.classes, generator=torch.Generator().manual_seed(1)))
            assert images.shape == (3, made.channels, made.size, made.size)
            assert images.isfinite().all() and not torch.equal(images[0], images[1])

    folder = tmp_path_factory.mktemp("changed")
    return lambda name, reader: (folder / name, lambda: read(folder / name, reader))


def tiny():
    torch.manual_seed(0)
    return Generator(**CONFIG)


@settings(max_examples=150, deadline=None)
@given(
    said=some.dictionaries(some.sampled_from(sorted(SAID)), VALUES, max_size=2),
    change=CHANGES,
    name=some.sampled_from(sorted(tiny().state_dict())),
    legacy=some.booleans(),
)
def test_changed_files_of_the_zoo_are_refused_or_make_sense(tried, said, change, name, legacy):
    path, read = tried("g.pth", zoo_import.read)
    weights = changed(tiny().state_dict(), name, change)
    with zoo.foreign_config() as base_config:
        config = base_config()
        vars(config).update(SAID | said)
        torch.save({"netG": weights, "config": config}, path, _use_new_zipfile_serialization=not legacy)
    read()


@settings(max_examples=150, deadline=None)
@given(
    config=some.dictionaries(some.sampled_from(sorted(CONFIG)), VALUES | some.lists(NUMBERS), max_size=2),
    change=CHANGES,
    name=some.sampled_from(sorted(tiny().state_dict())),
)
def test_changed_files_of_ours_are_refused_or_make_sense(tried, config, change, name):
    path, read = tried("g.safetensors", models.load)
    weights = changed({key: tensor.contiguous() for key, tensor in tiny().state_dict().items()}, name, change)
    header = {"kind": "generator", "config": CONFIG | config, "sha256": models.digest(weights)}
    save_file(weights, path, metadata={"latentspace": json.dumps(header)})
    read()
