"""Images and weights that somebody else made: refused in one line that names the file, and nothing in them runs."""

import contextlib
import json
import os
import pickle
import random
import struct
import subprocess
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from latentspace.gan import neighbourhood, zoo_import
from latentspace.gan.formats import exported, onnx_file, torchscript
from latentspace.images import folder as image_folder
from latentspace.images import make
from latentspace.images.params import DataSet
from latentspace.nn import models
from latentspace.pca.growth import check
from latentspace.pca.networks import DenseNetwork

NOISE = np.random.default_rng(0)


def of(folder):
    return DataSet(kind="folder", path=str(folder), image_size=16, channels=1, train_images=3, test_images=2)


def picture(path, size=(20, 30), mode="RGB"):
    Image.fromarray(NOISE.integers(0, 256, (*size, 3), dtype=np.uint8)).convert(mode).save(path)


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(5):
        picture(folder / f"{number}.png")
    return folder


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40 gigapixels."""
    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


BAD = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no picture"),
    "html": lambda path: path.write_text("<script>alert(1)</script>"),
    "half": lambda path: path.write_bytes(path.read_bytes()[:200]),
    "its head": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "random": lambda path: path.write_bytes(NOISE.bytes(500)),
    "a bomb": lambda path: path.write_bytes(bomb()),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link to nothing": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(["x"])),
    "a FIFO": lambda path: (path.unlink(), os.mkfifo(path)),
    "a device": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    "PostScript": lambda path: path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"),
    "a TIFF": lambda path: Image.new("L", (9, 9)).save(path, "TIFF"),
    "a GIF": lambda path: Image.new("L", (9, 9)).save(path, "GIF"),
    "too many pixels": lambda path: Image.new("1", (9460, 9460)).save(path),
    "zero pixels": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(8) + b"\x08\x02\0\0\0")),
}


@pytest.mark.parametrize("reader", ["organise", "pretraining"])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_image_is_named(images, tally, bad, reader):
    BAD[bad](images / "3.png")
    with pytest.raises(ValueError, match=r"3\.png") as caught:
        if reader == "organise":
            make.make_set(of(images))
        else:
            image_folder.read_averaged(images, 16)
    assert "\n" not in str(caught.value)
    tally.add("bad images refused")


def test_images_with_random_bytes_changed_are_read_or_named(images, tally):
    """A changed pixel is a picture still; whatever a decoder says of the rest is one line."""
    rng, refused = random.Random(0), 0
    for trial in range(150):
        path = images / f"0.{rng.choice(['png', 'jpg', 'webp', 'bmp'])}"
        (images / "0.png").unlink(missing_ok=True)
        picture(path)
        data = bytearray(path.read_bytes())
        for _ in range(rng.randint(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data[: rng.randint(1, len(data))] if trial % 3 == 0 else data)
        try:
            assert make.make_set(of(images)).train.shape == (3, 1, 16, 16)
        except ValueError as error:
            assert str(path) in str(error) and "\n" not in str(error)
            refused += 1
        path.unlink()
    assert 20 < refused < 150
    tally.add("bad images refused", refused)


def test_images_of_any_size_and_mode_fit(images):
    for number, (size, mode) in enumerate([((1, 1), "RGB"), ((300, 2), "L"), ((2, 300), "P"), ((7, 7), "RGBA")]):
        picture(images / f"{number}.png", size, mode)
    for channels in (1, 3):
        spec = of(images).model_copy(update={"channels": channels})
        assert make.make_set(spec).train.shape == (3, channels, 16, 16)


def test_no_images_and_too_few(images, tmp_path, tally):
    (images / "4.png").unlink()
    (tmp_path / "none").mkdir()
    for folder, count in ((images, 4), (tmp_path / "none", 0)):
        with pytest.raises(ValueError, match=rf"{folder.name}: {count} images, fewer than .* = 5"):
            make.make_set(of(folder))
        tally.add("bad images refused")


def test_a_folder_that_is_gone_is_named(tmp_path, tally):
    with pytest.raises(ValueError, match=r"nowhere: cannot be read: No such file or directory"):
        image_folder.pictures(tmp_path / "nowhere", 1, "one")
    tally.add("bad images refused")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (torch.full((4, 1, 2, 2), float("nan")), "row 0 of the data holds a value that is not finite"),
        (torch.tensor([[0.0], [1.0], [float("inf")]]), "row 2 of the data holds a value that is not finite"),
        (torch.ones(4, 1, 2, 2), "all rows of the data are equal"),
        (torch.ones(1, 1, 2, 2), "at least 2"),
        (torch.ones(0, 1, 2, 2), "at least 2"),
    ],
)
def test_data_that_nothing_can_be_learnt_from(rows, reason, tally):
    with pytest.raises(ValueError, match=reason):
        check((rows,))
    tally.add("bad images refused")


# ---- Weights ---------------------------------------------------------------------------------------------------------


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


ATTACKS = {
    "os.system": lambda mark: Calls(os.system, f"touch {mark}"),
    "subprocess": lambda mark: Calls(subprocess.check_output, ["touch", str(mark)]),
    "eval": lambda mark: Calls(eval, f"__import__('os').mkdir({str(mark)!r})"),
    "exec": lambda mark: Calls(exec, f"import os; os.mkdir({str(mark)!r})"),
    "pathlib": lambda mark: Calls(type(mark).touch, mark),
    "mkdir": lambda mark: Calls(os.mkdir, str(mark)),
}
READERS = {
    "zoo": zoo_import.read,
    "model": models.load,
    "anchors": lambda path: neighbourhood.read_anchors(path, 8),
    "exported": exported.read,
    "torchscript": lambda path: torchscript.read(path, 8),
    "onnx": onnx_file.read,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("form", ["pickle", "torch", "torch before 1.6", "numpy"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_weights_that_would_run_code_do_not(tmp_path, tally, attack, form, reader):
    mark, path = tmp_path / "ran", tmp_path / "weights.file"
    hostile = ATTACKS[attack](mark)
    if form == "pickle":
        path.write_bytes(pickle.dumps(hostile))
    elif form == "numpy":
        array = np.empty(1, dtype=object)
        array[0] = hostile
        with path.open("wb") as stream:
            np.save(stream, array, allow_pickle=True)
    else:
        torch.save({"netG": hostile}, path, _use_new_zipfile_serialization=form == "torch")
    with pytest.raises(ValueError, match=r"weights\.file") as caught:
        READERS[reader](path)
    assert "\n" not in str(caught.value)
    assert not mark.exists()
    pickle.loads(pickle.dumps(hostile))  # the attack works where nobody defends
    assert mark.exists()
    tally.add("hostile weights refused, nothing executed")


def values(rng):
    return rng.choice([None, -1, 0, 1.5, "x", "os.system", [], {}, [[]], {"kind": 1}, True, [0], "a" * 10_000, [-3]])


def test_model_files_with_a_changed_header_are_refused(tmp_path, tally):
    """Whoever writes the header chooses class and arguments: anything may go wrong, and none of it may get through."""
    network, path, rng = DenseNetwork(3, 4, 3), tmp_path / "model.safetensors", random.Random(0)
    weights = dict(network.state_dict())
    sound = models.describe(network) | {"sha256": models.digest(weights)}
    kinds = [
        "os.system",
        "pipeline.stage.Stage",
        "gan.network.Generator",
        "builtins.eval",
        "..",
        "a.B",
        "nn.fit.Diverged",
    ]
    for trial in range(150):
        header = json.loads(json.dumps(sound))
        if trial % 3 == 0:
            header[rng.choice(sorted(header))] = values(rng)
        elif trial % 3 == 1:
            header["config"][rng.choice([*header["config"], "more"])] = values(rng)
        else:
            header["kind"] = rng.choice(kinds)
        if header["config"] == sound["config"] and header["kind"] == sound["kind"]:
            continue
        save_file(weights, path, metadata={"latentspace": json.dumps(header)})
        with pytest.raises(ValueError, match=r"model\.safetensors: not a sound model file") as caught:
            models.load(path)
        assert "\n" not in str(caught.value)
        tally.add("malformed weights refused")
    for text in ("", "{", "[]", "3", "[" * 5000, '{"kind": "x"}'):
        save_file(weights, path, metadata={"latentspace": text})
        with pytest.raises(ValueError, match="not a sound model file"):
            models.load(path)
        tally.add("malformed weights refused")


def test_model_files_with_random_bytes_changed_are_refused(tmp_path, tally):
    path, rng = tmp_path / "model.safetensors", random.Random(1)
    models.save(DenseNetwork(3, 4, 3), path)
    whole = path.read_bytes()
    text = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    assert "__metadata__" in text
    for _ in range(150):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
        with contextlib.suppress(ValueError):
            loaded = models.load(path)
            assert models.digest(loaded.state_dict()) == json.loads(text["__metadata__"]["latentspace"])["sha256"]
            continue  # the bit was in a space between
        tally.add("malformed weights refused")


@pytest.mark.parametrize(
    "rows",
    [np.full((2, 8), np.nan), np.zeros((2, 8)), np.ones((2, 7)), np.ones(8), np.ones((0, 8)), np.array([["a"] * 8])],
    ids=["nan", "zero", "width", "flat", "none", "text"],
)
def test_anchors_that_point_nowhere(tmp_path, tally, rows):
    np.save(tmp_path / "anchors.npy", rows)
    with pytest.raises(ValueError, match=r"anchors\.npy"):
        neighbourhood.read_anchors(tmp_path / "anchors.npy", 8)
    tally.add("malformed weights refused")


# ---- Through DVC -----------------------------------------------------------------------------------------------------


def refused(bench, wanted, stage, *said):
    """DVC has removed the outputs of the stage that refuses; all others are as they were, and a run mends it."""
    done = bench.run("dvc", "repro", "--single-item", stage)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert printed.count(f"error: {stage}: ") == 1 and all(text in printed for text in said), printed
    assert "Traceback" not in printed
    assert bench.digests().items() <= wanted.items()


@pytest.mark.faults
@pytest.mark.pipeline
def test_a_hostile_generator_stops_its_stage(bench, wanted, tally, tmp_path):
    mark, path = tmp_path / "ran", tmp_path / "hostile.pth"
    torch.save({"netG": Calls(os.system, f"touch {mark}")}, path)
    text = (bench.root / "params.yaml").read_text()
    (old,) = [line for line in text.splitlines() if "assets/avatars.safetensors" in line]
    new = old.replace("path: assets/avatars.safetensors", f"zoo: {{file: {path}}}")
    with bench.with_params(old, new):
        refused(bench, wanted, "gan_generator@avatars", "hostile.pth: refused", "nothing was executed")
    assert not mark.exists()
    assert bench.run("dvc", "repro").returncode == 0
    assert bench.digests() == wanted
    tally.add("hostile weights refused, nothing executed")


@pytest.mark.faults
@pytest.mark.pipeline
def test_a_bad_image_stops_its_stage(bench, wanted, tally, tmp_path):
    (tmp_path / "images").mkdir()
    for number in range(456):
        picture(tmp_path / f"images/{number:03}.png")
    (tmp_path / "images/077.png").write_bytes(bomb())
    old = "kind: ellipses"
    with bench.with_params(old, f"kind: folder, path: {tmp_path / 'images'}"):
        refused(bench, wanted, "organise_images@ellipses", "077.png: more than 89 478 485 pixels")
    assert bench.run("dvc", "repro").returncode == 0
    assert bench.digests() == wanted
    tally.add("bad images refused")


@pytest.mark.faults
@pytest.mark.pipeline
@pytest.mark.parametrize("bad", ["nan", "constant", "another size", "one row"])
def test_bad_numbers_in_a_data_set_stop_the_training(bench, wanted, tally, bad):
    """Somebody's own data set in the place of ours, run by hand, as DVC would make ours again."""
    path = bench.root / "data/size/disks.npz"
    whole = path.read_bytes()
    with np.load(path) as stored:
        arrays = dict(stored)
    if bad == "nan":
        arrays["train"] = np.full_like(arrays["train"], np.nan)
    elif bad == "constant":
        arrays["train"] = np.ones_like(arrays["train"])
    elif bad == "another size":
        arrays["train"] = arrays["train"][:, :17, :17]
    else:
        arrays["train"], arrays["train_radii"] = arrays["train"][:1], arrays["train_radii"][:1]
    path.unlink()
    np.savez(path, **arrays)
    try:
        done = bench.run("python", "stages/size_train.py", "bias")
    finally:
        path.write_bytes(whole)
    if bad in {"nan", "another size"}:
        assert done.returncode == 1
        assert done.stderr.count("error: size_train@bias") == 1 and "Traceback" not in done.stderr, done.stderr
        tally.add("bad images refused")
    bench.mended("size_train@bias")
    assert bench.digests() == wanted
