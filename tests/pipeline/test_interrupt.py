"""Ctrl-C in the middle of the graph: one line, no process left, and the next run goes on from the checkpoints."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latentspace.nn.fit import read_checkpoint, write_checkpoint
from latentspace.pipeline import quick

from .. import terminal
from ..smoke import change

pytestmark = pytest.mark.pipeline
ROOT = Path(__file__).parents[2]
LINE = "interrupted; make repro resumes from the last checkpoint"
STAGE = "size_train@bias_free"
MAKE = ["make", "--old-file=.venv/.ready", "repro"]


@pytest.fixture
def copy(results, tmp_path) -> Path:
    """The smoke-size project with a training that is long enough to be interrupted."""
    project = tmp_path / "project"
    shutil.copytree(results, project, symlinks=True)
    for part in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy2(ROOT / part, project)
    params = project / "params.yaml"
    head, section, rest = params.read_text().partition("\nsize_train:")
    params.write_text(head + section + rest.replace("steps: 20", "steps: 4000", 1))
    return project


def environment(project: Path) -> dict[str, str]:
    """Runs stay in the outbox, where they can be counted."""
    return quick.environment(project) | {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}


def until(condition, seconds=900):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def checkpoints(project: Path, stage: str = STAGE) -> list[Path]:
    return sorted((project / ".checkpoints" / stage).rglob("[0-9]*.pt"))


def train_two(project: Path) -> bool:
    """Whether both seeds have a checkpoint."""
    return len({path.parent for path in checkpoints(project)}) == 2


def posted(project: Path, stage: str) -> list[bool]:
    """Of every run of a stage that waits to be sent, whether it failed."""
    logs = [json.loads(path.read_text()) for path in (project / ".tracking/outbox").glob("[0-9]*/run.json")]
    return [log["failed"] for log in logs if log["stage"] == stage]


def repro(project: Path, *words: str) -> str:
    done = subprocess.run(
        ["dvc", "repro", "--single-item", *words],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def made(project: Path) -> dict[str, bytes]:
    files = [*(project / "models/size/bias_free").iterdir()]
    files += [project / "metrics/size_train/bias_free.json", project / "plots/size_train/bias_free.csv"]
    return {str(path): path.read_bytes() for path in files}


def test_ctrl_c_is_one_line_and_the_next_run_goes_on(copy):
    change(copy, "steps: 4000", "steps: 2000")  # as it is trained twice to its end
    with terminal.typed(MAKE, copy, environment(copy)) as (process, type_):
        until(lambda: train_two(copy))
        type_(b"\x03")
        said = process.stdout.read()
        assert process.wait() == -signal.SIGINT
    assert said.splitlines()[-1] == LINE and said.count("interrupted") == 1, said
    assert said.splitlines()[-2] == "> python stages/size_train.py bias_free", said
    assert not re.search(r"Traceback|ERROR|Error|KeyboardInterrupt", said)
    assert not terminal.alive(copy)
    assert not posted(copy, STAGE), "no run of a training that did not end"
    marked = {path.parent: path for path in checkpoints(copy)}.values()
    for path in marked:  # a curve that begins like no other shows that this very file was read
        state = read_checkpoint(path)
        state["history"][0]["loss"] = 123.0
        write_checkpoint(path, state)
    repro(copy, STAGE)
    assert posted(copy, STAGE) == [False]
    assert not checkpoints(copy)
    resumed = made(copy)
    repro(copy, "--force", STAGE)
    whole = made(copy)
    curve = next(path for path in whole if path.endswith(".csv"))
    assert len(whole) == len(resumed) == 4
    differ = [a for a, b in zip(resumed.pop(curve).split(), whole.pop(curve).split(), strict=True) if a != b]
    assert len(differ) == 2 and all(b",123," in line for line in differ)
    assert resumed == whole


def test_bare_dvc_is_interrupted_without_tracebacks(copy):
    command = ["dvc", "repro", "--single-item", STAGE]
    with terminal.typed(command, copy, environment(copy)) as (process, type_):
        until(lambda: train_two(copy))
        type_(b"\x03")
        said = process.stdout.read()
        assert process.wait() != 0
    assert "Traceback" not in said and "KeyboardInterrupt" not in said
    assert f"failed to reproduce '{STAGE}'" in said.splitlines()[-1], "DVC's own line"
    until(lambda: not terminal.alive(copy), 5)
    assert not posted(copy, STAGE)


def test_sigterm_ends_torchrun_and_its_processes(copy):
    params = copy / "params.yaml"
    text = params.read_text().replace("launch: python", "launch: torchrun --standalone --nproc-per-node 2", 1)
    head, section, rest = text.partition("\ngan_train:")
    params.write_text(head + section + rest.replace("steps: 4", "steps: 4000", 1))
    stage = "gan_train@no_cov"
    command = [sys.executable, "-m", "latentspace.pipeline.repro", "--single-item", stage]
    process = subprocess.Popen(
        command, cwd=copy, env=environment(copy), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    until(lambda: checkpoints(copy, stage))
    assert sum("stages/gan_train.py" in line for line in terminal.alive(copy)) >= 3, "torchrun and its two processes"
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[0].decode()
    assert process.returncode == 128 + signal.SIGTERM
    assert said.splitlines()[-1] == LINE and "Traceback" not in said, said
    until(lambda: not terminal.alive(copy), 5)
    assert not posted(copy, stage)


def test_sigterm_ends_the_smoke_size_graph(tmp_path):
    command = [sys.executable, "-m", "latentspace.pipeline.quick", str(tmp_path / "quick")]
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until(lambda: any("stages/" in line for line in terminal.alive(tmp_path)))
    process.send_signal(signal.SIGTERM)
    assert process.communicate()[1].decode().splitlines()[-1] == LINE.replace("repro", "quick")
    assert process.returncode == 128 + signal.SIGTERM
    until(lambda: not terminal.alive(tmp_path), 5)
