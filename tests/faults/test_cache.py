"""DVC's cache: killed while outputs move into it, removed, collected; parameters changed and changed back."""

import random
import shutil
import signal
import subprocess
import sys

import pytest
from harness import kill, members, running, until

from latentspace.pipeline.locks import LOCKS, mend

pytestmark = [pytest.mark.pipeline, pytest.mark.faults]

STAGES = [
    "size_disks",
    "size_theory",
    "organise_images@dial",
    "position_theory",
]  # seconds each, with folders as outputs


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_killed_while_outputs_move_into_the_cache(bench, wanted, tally, stage):
    """The script has ended; DVC digests the outputs, links them into its cache and writes dvc.lock."""
    script, rng = f"stages/{stage.partition('@')[0]}.py", random.Random(stage)
    for _ in range(3):
        mend(bench.root / LOCKS)
        process = bench.start("dvc", "repro", "--force", "--single-item", stage)
        assert until(lambda: running(process.pid, script), 60)  # noqa: B023
        until(lambda: not running(process.pid, script), 60, pause=0.001)  # noqa: B023
        until(lambda: False, rng.uniform(0, 0.15), pause=0.001)
        kill(process)
    mend(bench.root / LOCKS)
    if bench.run("dvc", "status").returncode:  # a dvc.lock cut in the middle, as docs/reliability.md says
        bench.run("git", "checkout", "dvc.lock")
    bench.mended(stage)
    done = bench.run("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert bench.digests() == wanted
    tally.add("kills survived: DVC while outputs move into its cache", 3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_make_repro_at_random_moments(bench, wanted, tally, number):
    """Whatever it is doing: DVC's start, a stage, the moves into the cache, the sending of runs."""
    rng = random.Random(int(number))
    for _ in range(4):
        for output in ("size_theory", "size_disks"):
            shutil.rmtree(bench.root / "figures" / output, ignore_errors=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "latentspace.pipeline.repro", "--force", "size_theory", "size_disks"],
            cwd=bench.root,
            env=bench.environment({}),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: False, rng.uniform(0.5, 8), pause=0.01)
        ended = process.poll() is not None
        process.send_signal(number)
        said = process.communicate()[1]
        assert "Traceback" not in said
        if not ended and process.returncode:
            assert process.returncode in {128 + number, -number}
        assert until(lambda: not members(process.pid), 20), "a process lives on"  # noqa: B023
    mend(bench.root / LOCKS)
    done = bench.run("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert bench.digests() == wanted
    tally.add(f"kills survived: {signal.Signals(number).name} to `make repro`", 4)


def test_parameters_changed_and_changed_back(bench, wanted, tally):
    """A → B → A: what comes back from the cache is what A made, and B differs."""
    for _ in range(2):
        with bench.with_params("grid: 500", "grid: 400"):
            assert bench.run("dvc", "repro", "size_theory").returncode == 0
            assert bench.digests() != wanted
        assert bench.run("dvc", "repro", "size_theory").returncode == 0
        assert bench.digests() == wanted
    tally.add("parameters changed and changed back: the same bytes", 2)


def test_garbage_collection_keeps_what_is_in_use(bench, wanted, tally):
    done = bench.run("dvc", "gc", "--workspace", "--force")
    assert done.returncode == 0, done.stdout + done.stderr
    for folder in ("data", "figures"):
        shutil.rmtree(bench.root / folder)
    done = bench.run("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert bench.digests() == wanted
    tally.add("caches collected, outputs restored")


def test_the_cache_is_removed(bench, wanted, tally):
    """Outputs are links into the cache or copies; stages whose outputs are gone with it are run again."""
    shutil.rmtree(bench.root / ".dvc/cache")
    for stage in STAGES:
        assert bench.run("dvc", "repro", "--force", "--single-item", stage).returncode == 0
    done = bench.run("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert bench.digests() == wanted
    assert (bench.root / ".dvc/cache").is_dir()
    tally.add("caches removed, outputs made again")
