"""Wrong values, damage, kills and other ways to start, in a smoke-size project: what comes out stays what it was."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from latentspace.pipeline import quick

from ..smoke import change, dvc, outputs, runs

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def own(results, tmp_path_factory) -> Path:
    """A copy of the smoke-size project; tests restore what they change."""
    copy = tmp_path_factory.mktemp("changes") / "project"
    shutil.copytree(results, copy, symlinks=True)
    return copy


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("radius_max: 15.5", "radius_max: -1.0", "size_disks.radius_max = -1.0"),
        ("radius_max: 15.5", "radius_max: 17.0", "half the image"),
        ("grid: 500", "gird: 500", "size_theory.gird = 500: unknown key"),
        ("grid: 500", "grid: many", "size_theory.grid = 'many'"),
        ("grid: 500", "grid: [", "not valid YAML"),
        ("path: assets/avatars.safetensors", "path: assets/gone.safetensors", "gone.safetensors: no such file"),
        ("  names: [digit_3", "  names: [digit_33", "size_silhouettes.names.0"),
    ],
)
def test_a_wrong_value_stops_with_one_line_and_no_output_touched(own, old, new, says):
    if old.startswith("  names") and old not in (own / "params.yaml").read_text():
        old, new = "- digit_3", "- digit_33"
    before = outputs(own)
    text = (own / "params.yaml").read_text()
    change(own, old, new)
    done = quick.run(own, "dvc", "repro", check=False, quiet=True)
    (own / "params.yaml").write_text(text)
    assert done.returncode != 0
    printed = done.stdout + done.stderr
    assert says in printed or ("valid" in says and "params.yaml" in printed), printed
    assert "Traceback" not in printed
    assert outputs(own) == before
    dvc(own, "repro")


def test_a_damaged_data_file_is_named(own):
    path = own / "data/size/disks.npz"
    whole = path.read_bytes()
    path.unlink()  # a link into DVC's cache: write a copy, not through it
    path.write_bytes(whole[:1000])
    done = quick.run(own, "python", "stages/size_airy.py", check=False, quiet=True)
    path.unlink()
    path.write_bytes(whole)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "disks.npz: damaged" in done.stderr


def test_a_stage_killed_in_the_middle_ends_in_the_same_bytes(own):
    params = own / "params.yaml"
    text = params.read_text()
    head, section, rest = text.partition("\nsize_train:")
    params.write_text(head + section + rest.replace("steps: 20", "steps: 400", 1))  # those of bias_free
    dvc(own, "repro", "size_train@bias_free")
    wanted = outputs(own)
    for path in (own / "models/size/bias_free").iterdir():
        path.unlink()
    stage = subprocess.Popen(
        ["dvc", "repro", "--force", "--single-item", "size_train@bias_free"],
        cwd=own,
        env=quick.environment(own),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = own / ".checkpoints/size_train@bias_free"
    deadline = time.monotonic() + 60
    while not list(folder.rglob("000*.pt")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(stage.pid, signal.SIGKILL)
    stage.wait()
    assert list(folder.rglob("*.pt")), "killed before the first checkpoint"
    dvc(own, "repro", "--force", "--single-item", "size_train@bias_free")  # not from DVC's run cache
    assert outputs(own) == wanted
    assert not list(folder.rglob("*.pt")), "a finished run leaves no checkpoints"
    params.write_text(text)
    dvc(own, "repro")


def test_two_processes_train_what_one_does(own):
    metrics, params = own / "metrics/gan_train/no_cov.json", own / "params.yaml"
    text = params.read_text()
    # Small steps, since each multiplies what rounding makes of another batch. Here that is 1e-7; gradients that are not
    # summed over the processes change the metrics by 5e-3.
    head, section, rest = text.partition("\ngan_train:")
    gentle = head + section + re.sub(r"learning_rate: \S+", "learning_rate: 1.0e-4", rest, count=1)
    try:
        params.write_text(gentle)
        dvc(own, "repro", "--single-item", "gan_train@no_cov")
        before = json.loads(metrics.read_text())
        known = {run.info.run_id for run in runs(own)}
        change(own, "launch: python", "launch: torchrun --standalone --nproc-per-node 2")
        dvc(own, "repro", "--single-item", "gan_train@no_cov")
        assert json.loads(metrics.read_text()) == pytest.approx(before, rel=1e-5)
        made = [run for run in runs(own) if run.info.run_id not in known]
        assert [run.info.run_name for run in made] == ["gan_train@no_cov"], "the first process alone speaks"
    finally:
        params.write_text(text)
        dvc(own, "repro")
