"""kill -9 at random moments: what is run again ends in the bytes of the run that nobody killed."""

import json
import os
import random
import signal

import pytest
from harness import duration, kill, kill_once, members, running, until

from latentspace.pipeline.locks import LOCKS, mend

pytestmark = pytest.mark.pipeline

KINDS = [  # one stage of every kind
    "check",
    "inputs",
    "size_disks",
    "size_silhouettes",
    "size_train@bias",
    "size_train_silhouette@digit_3-bias",
    "size_ablation",
    "position_encoder",
    "position_train_decoder",
    "position_train_autoencoder",
    "position_decoder",
    "organise_images@ellipses",
    "organise_train@pca_ae",
    "organise_train@packets_2_1",
    "organise_train@circular_covariance",
    "organise_codes",
    "gan_zoo",
    "gan_generator@avatars",
    "gan_avatars",
    "gan_regressor",
    "gan_train@avatars",
    "gan_sweep",
    "gan_direct",
    "report",
]


def survives(bench, wanted, tally, stage: str, kills: int, seconds: float) -> None:
    """Kill a stage several times in a row, in its first so many seconds, then let it finish."""
    rng = random.Random(f"{stage} {kills}")
    for _ in range(kills):
        kill_once(bench, stage, seconds, rng)
    bench.mended(stage)
    assert bench.digests() == wanted
    tally.add("kills survived: a stage with DVC above it", kills)


def test_a_stage_killed_at_random_moments_ends_in_the_same_bytes(bench, wanted, tally):
    survives(bench, wanted, tally, "size_train@bias", 5, 3.0)


@pytest.mark.faults
@pytest.mark.parametrize("stage", KINDS)
def test_every_kind_of_stage_survives(bench, wanted, tally, stage):
    survives(bench, wanted, tally, stage, 2, duration(bench, stage))


@pytest.mark.faults
def test_a_stage_ends_with_the_dvc_that_started_it(bench, wanted, tally):
    """DVC alone is killed: no orphan may go on writing while the next DVC starts the stage again."""
    stage = "organise_train@pca_ae"
    seconds = duration(bench, stage)
    for share in (0.6, 0.75, 0.9):  # imports come first; the stage asks the kernel for this after them
        process = bench.start("dvc", "repro", "--force", "--single-item", stage)
        until(lambda: running(process.pid, "stages/organise_train.py"), 60)  # noqa: B023
        until(lambda: False, share * seconds, pause=0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert until(lambda: not members(process.pid), seconds + 10), "an orphan trains on"  # noqa: B023
    bench.mended(stage)
    assert bench.digests() == wanted
    tally.add("kills survived: DVC alone, during a stage", 3)


@pytest.mark.faults
def test_dvc_killed_between_stages(bench, wanted, tally):
    """Its locks are left behind in .dvc/tmp; the next DVC must neither wait for the dead one nor stumble over them."""
    rng = random.Random(7)
    for _ in range(4):
        mend(bench.root / LOCKS)  # as `make repro` does first
        process = bench.start("dvc", "repro", "--force", "size_theory")  # check, then size_theory
        until(lambda: running(process.pid, "stages/check.py"), 60)  # noqa: B023
        until(lambda: not running(process.pid, "stages/check.py"), 60)  # noqa: B023
        until(lambda: False, rng.uniform(0, 0.3), pause=0.01)
        assert process.poll() is None, "DVC was over already"
        kill(process)
    mend(bench.root / LOCKS)
    done = bench.run("dvc", "repro", "--force", "size_theory")
    assert done.returncode == 0, done.stderr
    assert bench.digests() == wanted
    tally.add("kills survived: DVC between two stages", 4)


@pytest.mark.faults
def test_a_list_of_locks_cut_in_the_middle_is_mended(bench, tally):
    """What a kill in the wrong millisecond leaves, found by the test above."""
    path = bench.root / LOCKS
    path.write_text('{"params.yaml": {"read": [{"pid": 1')
    assert bench.run("dvc", "repro", "size_theory").returncode != 0, (
        "DVC mends it by itself: latentspace.pipeline.locks can go"
    )
    assert "deleted" in bench.run("python", "-m", "latentspace.pipeline.locks").stdout
    assert not bench.run("python", "-m", "latentspace.pipeline.locks").stdout
    assert bench.run("dvc", "repro", "size_theory").returncode == 0
    tally.add("truncated lock lists deleted")


@pytest.mark.faults
def test_one_training_killed_is_one_line_and_goes_on(bench, wanted, tally):
    """The kernel, short of memory, kills one of the processes that train side by side."""
    stage = "organise_train@pca_ae"
    process = bench.start("dvc", "repro", "--force", "--single-item", stage)
    script = "stages/organise_train.py"
    assert until(lambda: len(running(process.pid, script)) > 1, 60), "no training was forked"
    child = max(running(process.pid, script))
    os.kill(child, signal.SIGKILL)
    assert process.wait() != 0
    bench.mended(stage)
    assert bench.digests() == wanted
    tally.add("kills survived: one of the processes of a stage")


@pytest.mark.faults
def test_afterwards_everything_is_up_to_date(bench, wanted):
    done = bench.run("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(bench.run("dvc", "status", "--json").stdout) == {"inputs": ["always changed"]}
    assert bench.digests() == wanted
    assert not list((bench.root / ".checkpoints").rglob("*.pt")), "a finished run leaves no checkpoints"
    assert not [path for path in bench.root.rglob(".*.tmp*") if ".dvc" not in path.parts], "temporary files are left"
