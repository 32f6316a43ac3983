"""What lies on the disk goes bad: a cached object, a checkpoint; two DVCs at once; a clock that is moved back."""

import os
import pickle
import random
import shutil
import time

import pytest
import torch
from harness import kill, running, until
from ruamel.yaml import YAML
from torch import nn

from latentspace.nn.fit import fit, write_checkpoint
from latentspace.nn.objective import Objective
from latentspace.pipeline.params import Training

TRAINING = Training(steps=20, batch_size=4, learning_rate=0.05, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=5)
IMAGES = torch.linspace(0, 1, 64).reshape(16, 1, 2, 2)


class Runs:
    """Pickles as a call that leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGES = {
    "empty": lambda data, mark: b"",
    "one byte": lambda data, mark: data[:1],
    "three bytes": lambda data, mark: data[:3],
    "half": lambda data, mark: data[: len(data) // 2],
    "all but one byte": lambda data, mark: data[:-1],
    "a flipped bit of a tensor": lambda data, mark: flipped(data, data.index(b"/data/0") + 70),
    "zeros": lambda data, mark: bytes(len(data)),
    "random": lambda data, mark: random.Random(0).randbytes(len(data)),
    "a pickle that runs": lambda data, mark: pickle.dumps(Runs(mark)),
}


class Fit(Objective):
    """One number times the images."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(1, 1, 1)

    def forward(self, images):
        return {"loss": (self.layer(images) - images + 0.1).square().mean()}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, tally, capsys, damage):
    whole = Fit()
    curve = fit(whole, (IMAGES,), TRAINING, seed=3)
    fit(Fit(), (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path / "run")
    newest, mark = tmp_path / "run/00000020.pt", tmp_path / "ran"
    newest.write_bytes(DAMAGES[damage](newest.read_bytes(), mark))
    again = Fit()
    assert fit(again, (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path / "run") == curve
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    assert "falling back to the checkpoint before" in capsys.readouterr().out
    assert not mark.exists()
    tally.add("damaged checkpoints survived")


def test_a_checkpoint_inside_a_zip_cannot_run_code_either(tmp_path, tally):
    mark = tmp_path / "ran"
    write_checkpoint(tmp_path / "run/00000020.pt", {"objective": Runs(mark)})
    assert fit(Fit(), (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path / "run")
    assert (tmp_path / "run/00000020.damaged").exists() and not mark.exists()
    tally.add("damaged checkpoints survived")


# ---- In the pipeline -------------------------------------------------------------------------------------------------


@pytest.fixture
def long(bench):
    """size_train@bias in 400 steps, its bytes in an uninterrupted run, and after the test all as it was."""
    with bench.with_params("encoder_rate: 0.05, steps: 20", "encoder_rate: 0.05, steps: 400"):  # those of bias
        assert bench.run("dvc", "repro", "size_train@bias").returncode == 0
        yield bench.digests()
    assert bench.run("dvc", "repro", "size_train@bias").returncode == 0


def killed_with_checkpoints(bench, count: int, **environment: str) -> list:
    """Start size_train@bias and kill it once every seed has `count` checkpoints; the checkpoints by name."""
    folder = bench.root / ".checkpoints/size_train@bias"
    shutil.rmtree(folder, ignore_errors=True)
    process = bench.start("dvc", "repro", "--force", "--single-item", "size_train@bias", **environment)
    assert until(lambda: _fewest(folder) >= count, 120, pause=0.002), "no checkpoints"
    kill(process)
    return sorted(folder.rglob("[0-9]*.pt"))


def _fewest(folder) -> int:
    seeds = list(folder.glob("*/seed_*"))
    return min((len(list(seed.glob("[0-9]*.pt"))) for seed in seeds), default=0) if len(seeds) == 2 else 0


@pytest.mark.faults
@pytest.mark.pipeline
@pytest.mark.parametrize("damage", ["half", "a flipped bit of a tensor"])
def test_a_stage_goes_on_from_the_checkpoint_before(bench, wanted, long, tally, damage):
    checkpoints = killed_with_checkpoints(bench, 2)
    for newest in {path.parent: path for path in checkpoints}.values():
        newest.write_bytes(DAMAGES[damage](newest.read_bytes(), None))
    done = bench.again("size_train@bias")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("falling back to the checkpoint before") == 2
    assert bench.digests() == long
    tally.add("damaged checkpoints survived", 2)


@pytest.mark.faults
@pytest.mark.pipeline
def test_the_clock_moved_back(bench, wanted, long, tally, tmp_path):
    """Checkpoints of the future, a clock that jumps back a day while the stage runs, an end before the start."""
    (tmp_path / "sitecustomize.py").write_text(
        "import time\n"
        "now, began = time.time, time.monotonic()\n"
        "time.time = lambda: now() - (86400 if time.monotonic() - began > 1.5 else 0)\n"
    )
    path = f"{tmp_path}:{bench.root / 'src'}"
    for checkpoint in killed_with_checkpoints(bench, 2, PYTHONPATH=path):
        future = time.time() + 10 * 86400
        os.utime(checkpoint, (future, future))
    done = bench.again("size_train@bias", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert bench.digests() == long
    done = bench.sync(PYTHONPATH=path)
    assert done.returncode == 0 and not bench.waiting(), done.stderr
    tally.add("clocks moved back survived")


def cached(bench, output: str):
    """The object in DVC's cache that holds an output."""
    lock = YAML(typ="safe").load((bench.root / "dvc.lock").read_text())
    outs = [out for stage in lock["stages"].values() for out in stage.get("outs", [])]
    (digest,) = [out["md5"] for out in outs if out["path"] == output]
    return bench.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


@pytest.mark.faults
@pytest.mark.pipeline
@pytest.mark.parametrize("damage", ["empty", "half", "random"])
def test_a_corrupted_cache_object_is_noticed_and_made_again(bench, wanted, tally, damage):
    bench.run("dvc", "repro")
    output = "data/size/disks.npz"
    stored = cached(bench, output)
    stored.chmod(0o644)
    stored.write_bytes(DAMAGES[damage](stored.read_bytes(), None))
    (bench.root / output).unlink()
    done = bench.run("dvc", "repro", "size_disks")
    assert done.returncode == 0, done.stdout + done.stderr
    assert bench.digests() == wanted
    tally.add("corrupted cache objects survived")


@pytest.mark.faults
@pytest.mark.pipeline
def test_two_dvcs_at_once(bench, wanted, tally):
    """Each ends well or says in one line that the other is at work; what is there afterwards is whole."""
    for _ in range(3):
        both = [bench.start("dvc", "repro", "--force", "size_theory", "size_disks") for _ in range(2)]
        codes = [process.wait(timeout=300) for process in both]
        assert 0 in codes, "they kept each other from working"
        assert not [pid for process in both for pid in running(process.pid, "stages/size_theory.py")]
    slow = bench.start("dvc", "repro", "--force", "--single-item", "size_disks")
    assert until(lambda: running(slow.pid, "stages/size_disks.py"), 60)
    told = bench.again("size_disks")
    assert slow.wait() == 0
    printed = told.stdout + told.stderr
    assert told.returncode == 0 or ("lock" in printed.lower() and "Traceback" not in printed), printed
    assert bench.run("dvc", "repro").returncode == 0
    assert bench.digests() == wanted
    tally.add("concurrent DVCs survived", 4)
