"""A full disk: one line that says so, no half file, and the same bytes once there is room."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import torch
from harness import pages, small_disk, small_files, until
from matplotlib.figure import Figure
from PIL import Image

from latentspace.nn import fit, models
from latentspace.pca.networks import DenseNetwork
from latentspace.pipeline import files

RANDOM = np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)


def model(path):
    models.save(DenseNetwork(40, 100, 40), path)


def figure(path):
    shown = Figure()
    shown.subplots().imshow(RANDOM)
    shown.savefig(path)


def gif(path):
    frames = [Image.fromarray(RANDOM)] * 2
    frames[0].save(path, save_all=True, append_images=frames[1:])


WRITES = {  # every library that writes an output or a checkpoint, as the code calls it
    "data.npz": lambda path: np.savez_compressed(path, images=RANDOM),
    "checkpoint.pt": lambda path: fit.write_checkpoint(path, {"objective": torch.rand(5000)}),
    "model.safetensors": model,
    "metrics.json": lambda path: files.write_json(path, {str(n): 0.5 for n in range(2000)}),
    "curve.csv": lambda path: pd.DataFrame({"loss": RANDOM.ravel()}).to_csv(path),
    "figure.png": figure,
    "traversal.gif": gif,
    "sheet.webp": lambda path: Image.fromarray(RANDOM).save(path, "WEBP", quality=90),
}


@pytest.mark.parametrize("name", WRITES)
def test_every_library_says_which_file_is_too_large(tmp_path, tally, name):
    path = tmp_path / name
    path.write_text("what was there before")
    own = WRITES[name] in (model, WRITES["checkpoint.pt"], WRITES["metrics.json"])  # these are atomic themselves
    with small_files(4096), pytest.raises(OSError, match=rf"{name}: the disk is full") as caught:
        if own:
            WRITES[name](path)
        else:
            with files.atomic(path) as temporary:
                WRITES[name](temporary)
    assert "\n" not in str(caught.value)
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path], "half a file is left"
    tally.add("full disks survived: a library's write")


CASES = {  # what is written last before the room ends: stage, folder on the small disk, files that still fit, that file
    "data": ("size_disks", "data/size", [], "disks.npz"),
    "safetensors": ("size_train@bias", "models/size", ["bias/seed_0.safetensors"], "bias/seed_1.safetensors"),
    "checkpoint": ("size_train@bias", ".checkpoints", [], None),
    "metrics": ("size_train@bias", "metrics/size_train", [], None),
    "curves": ("size_train@bias", "plots/size_train", [], None),
    "png": ("size_ablation", "figures", [], "size_ablation/profiles.png"),
    "gif": (
        "organise_codes",
        "figures",
        ["organise_codes/*.json", "organise_codes/*.png"],
        "organise_codes/traversals.gif",
    ),
    "record": ("size_ablation", "runs/size", [], None),
    "generator": ("gan_generator@avatars", "models/gan/generator", [], "avatars/generator.safetensors"),
    "avatars": ("gan_avatars", "data/gan", [], "avatars/train.npz"),
}


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"ballast", ".gitignore"}
    }


@pytest.mark.faults
@pytest.mark.pipeline
@pytest.mark.parametrize("kind", CASES)
def test_a_stage_on_a_full_disk(bench, wanted, tally, disk, kind):
    stage, where, fitting, last = CASES[kind]
    folder = bench.root / where
    whole = digests(folder)
    fit_ = [path for pattern in fitting for path in folder.glob(pattern)]
    room = pages(fit_) + ((folder / last).stat().st_size // 2 if last else 0)
    with small_disk(folder, room):
        done = bench.again(stage)
        left = digests(folder)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert printed.count("the disk is full") == 1, printed
    assert f"error: {stage}: {where}" in printed and "Traceback" not in printed, printed
    assert left.items() <= whole.items(), "half a file"
    assert last not in left
    bench.mended(stage)
    assert bench.digests() == wanted
    tally.add("full disks survived: a stage")


@pytest.mark.faults
@pytest.mark.pipeline
def test_no_room_for_the_report(bench, wanted, tally, disk):
    """Without DVC, which would remove the folder report/ and so the small disk."""
    page = bench.root / "report/index.html"
    before = page.read_bytes()
    with small_disk(page.parent, len(before) // 2):
        done = bench.run("python", "stages/report.py")
        assert not page.exists()
    assert done.returncode == 1
    assert "error: report: report/index.html: the disk is full" in done.stderr and "Traceback" not in done.stderr
    assert page.read_bytes() == before
    bench.mended("report")
    tally.add("full disks survived: a stage")


@pytest.mark.faults
@pytest.mark.pipeline
def test_no_room_in_dvcs_cache(bench, wanted, tally, disk):
    with small_disk(bench.root / ".dvc/cache", 0):
        done = bench.again("size_ablation")
    assert done.returncode != 0
    assert "No space left" in done.stdout + done.stderr
    bench.mended("size_ablation")
    assert bench.digests() == wanted
    tally.add("full disks survived: DVC's cache")


@pytest.mark.faults
@pytest.mark.pipeline
def test_no_room_in_the_outbox_costs_a_warning(bench, wanted, tally, disk):
    with small_disk(bench.root / ".tracking", 0):
        done = bench.again("size_ablation")
    assert done.returncode == 0, done.stderr
    printed = done.stdout + done.stderr
    assert printed.count("warning: size_ablation: no run for MLflow") == 1 and "Traceback" not in printed
    assert bench.digests() == wanted
    tally.add("full disks survived: the outbox")


@pytest.mark.faults
@pytest.mark.pipeline
def test_no_room_for_mlflows_files_keeps_the_run_waiting(bench, wanted, tally, disk):
    assert bench.sync().returncode == 0
    with small_disk(bench.root / "mlartifacts", 0):
        assert bench.again("size_ablation").returncode == 0
        log = bench.root / ".tracking/sender.log"
        assert until(lambda: "No space left" in log.read_text(), 60, pause=0.2)
        assert len(bench.waiting()) == 1
    assert bench.sync().returncode == 0
    assert not bench.waiting()
    assert bench.digests() == wanted
    tally.add("full disks survived: MLflow's files")
