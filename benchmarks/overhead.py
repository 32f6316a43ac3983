"""CPU seconds (user and system) that a stage costs beyond its work, and the cost of a run with nothing to do.

    python benchmarks/overhead.py [FOLDER]

FOLDER is a project in which `dvc repro` has run, such as .quick after `make quick`; without it, the last two rows are
left out. Every number is the median of three executions. Run it in the root of the project.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

STAGES = {
    "size_theory": "stages/size_theory.py",
    "organise_codes": "stages/organise_codes.py",
    "size_train@bias": "stages/size_train.py",
    "gan_train@avatars": "stages/gan_train.py",
}
START = """
import runpy, sys
runpy.run_path(sys.argv[2])
from latentspace.pipeline.workers import one_thread
from latentspace.pipeline.declaration import declaration
declaration(sys.argv[1])
one_thread()
if "_train" in sys.argv[1]:
    import lightning_fabric, torch._dynamo
"""
POST = """
import sys, torch
from latentspace.pipeline.tracking import outbox
outbox.start_sender = lambda: None
for number in range(int(sys.argv[1])):
    log = outbox.RunLog("size_x", "size", metrics={f"m{i}": 1.0 for i in range(20)})
    log.curves = [("loss/seed_0", step, 1.0) for step in range(100)]
    if sys.argv[2:]:
        log.models = [("autoencoder", sys.argv[2], torch.zeros(2, 1, 64, 64).tolist())]
    outbox.post(log)
"""
REPRO = (
    "python -m latentspace.pipeline.locks; python stages/check.py; dvc repro; python -m latentspace.pipeline.tracking"
)


def children(command: list[str], folder: Path, more: Mapping[str, str]) -> float:
    """CPU seconds of a command and of the processes that it waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=os.environ | more, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cost(command: list[str], folder: Path = Path(), **more: str) -> float:
    """CPU seconds of a command in `folder`, median of three executions."""
    return statistics.median(children(command, folder, more) for _ in range(3))


def own(function: Callable[[], object]) -> float:
    """CPU seconds of `function` in this process, median of three calls."""
    times = []
    for _ in range(3):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def locking(project: Path, folder: Path) -> float:
    """CPU seconds of DVC's file access per executed stage: reading params.yaml, reading and writing all of dvc.lock."""
    from dvc.utils.serialize import load_yaml, modify_yaml

    shutil.copy(project / "dvc.lock", folder)

    def write() -> None:
        load_yaml(str(project / "params.yaml"))
        with modify_yaml(str(folder / "dvc.lock")) as lock:
            lock["schema"] = "2.0"

    return own(write)


def sending(runs: int, model: Path | None = None) -> float:
    """CPU seconds of one process that sends `runs` waiting runs, with a model for MLflow to store if one is given."""
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as root:
            at = {"DVC_ROOT": root}
            children([sys.executable, "-m", "latentspace.pipeline.tracking"], Path(), at)  # creates the database
            children([sys.executable, "-c", POST, str(runs), *([str(model)] if model else [])], Path(), at)
            times.append(children([sys.executable, "-m", "latentspace.pipeline.tracking"], Path(), at))
    return statistics.median(times)


def network(folder: Path) -> Path:
    """File of an untrained network."""
    from latentspace.nn import models
    from latentspace.pipeline.params import parse, read_yaml
    from latentspace.size.network import build
    from latentspace.size.params import Network, Variant

    section = read_yaml(Path("params.yaml"))["size_train"]
    path = folder / "network.safetensors"
    models.save(build(parse(Network, section["network"]), parse(Variant, section["variants"]["bias"]), 64, 0), path)
    return path


def main(finished: Path | None) -> None:
    """Print the rows of the table "Overhead of a stage" in docs/performance.md."""
    for name, script in STAGES.items():
        print(f"start of {name}: {cost([sys.executable, '-c', START, name, script]):.2f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(
            f"params.yaml read, dvc.lock read and written: {locking(finished or Path(), Path(folder)):.2f}", flush=True
        )
        one, ten = sending(1), sending(10)
        print(f"MLflow started, one run sent: {one:.2f}; a further run: {(ten - one) / 9:.2f}", flush=True)
        print(f"a model exported: {sending(1, network(Path(folder))) - one:.2f}", flush=True)
    if finished:
        path = {"PYTHONPATH": str(finished.resolve() / "src")}
        subprocess.run(["sh", "-c", REPRO], cwd=finished, env=os.environ | path, check=True, capture_output=True)
        print(f"nothing to do, dvc repro: {cost(['dvc', 'repro'], finished, **path):.2f}", flush=True)
        print(f"nothing to do, make repro: {cost(['sh', '-c', REPRO], finished, **path):.2f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
