"""What it costs that MLflow shows a training while it runs: CPU time of the training, and of the sender beside it.

    python benchmarks/live.py

Ratios of CPU time within one process, so that other work on the machine changes them little. Run it in the root of the
project.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

import torch
from filelock import FileLock

from latentspace.nn.rows import ByteRows
from latentspace.organise.params import Train
from latentspace.organise.train import Job, train
from latentspace.pipeline import bases
from latentspace.pipeline.compute import Compute
from latentspace.pipeline.params import parse
from latentspace.pipeline.tracking import live, outbox
from latentspace.pipeline.tracking.__main__ import EVERY
from latentspace.pipeline.tracking.following import Follower

STEPS = 25  # per packet, each with a row: at the shipped length, every sixth step has one
REPEATS = 3
SEEDS = 3


def training(section: Train, folder: Path) -> float:
    """CPU seconds of a training of `pca_ae`, with the shipped network, images and batches."""
    images = ByteRows.of(torch.randint(0, 256, (500, 1, 64, 64), dtype=torch.uint8).numpy())
    schedule = section.training.model_copy(update={"steps": STEPS, "checkpoint_every": 10 * STEPS})
    variant = section.variants["pca_ae"].model_copy(update={"plain_steps": STEPS, "steps": STEPS})
    start = time.process_time()
    train(Job(images, section.network, schedule, variant, Compute(), folder / "seed_0", 0))
    return time.process_time() - start


def slowdown(section: Train) -> float:
    """CPU time of a training that publishes over that of one that does not; medians, in turn."""
    times: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as root:
        for number in range(2 * REPEATS + 1):
            folder, on = Path(root) / str(number), number % 2 == 1
            for part in ("curves", "images"):
                (folder / part).mkdir(parents=True)
            os.environ |= {live.FOLDER: str(folder) if on else "", live.ROOT: str(folder / "checkpoints")}
            if number:
                times[on].append(training(section, folder / "checkpoints"))
            else:
                training(section, folder / "checkpoints")
    os.environ.pop(live.FOLDER)
    return statistics.median(times[True]) / statistics.median(times[False])


def sender() -> float:
    """CPU seconds of one look of the sender at a stage of `SEEDS` trainings, each of which has a new row."""
    with tempfile.TemporaryDirectory() as root:
        os.environ["DVC_ROOT"] = root
        (Path(root) / ".tracking").mkdir()
        log = outbox.RunLog("organise_x", "organise", params={f"p{number}": number for number in range(50)})
        with FileLock(Path(root) / ".tracking/sender.lock"):  # no other sender is started
            outbox.announce(log, Path(root) / "checkpoints")
        history = [{"step": float(step), "learning_rate": 0.1, "loss": 1.0, "penalty": 0.5} for step in range(400)]
        curves = [live.Curve(Path(root) / f"checkpoints/seed_{seed}/a", history) for seed in range(SEEDS)]
        follower = Follower()
        follower.look()  # MLflow is imported, the database created
        times = []
        for _ in range(20):
            history.append({**history[-1], "step": history[-1]["step"] + 1})
            for curve in curves:
                curve.follow(0, {})
            start = time.process_time()
            assert follower.look()
            times.append(time.process_time() - start)
    return statistics.median(times)


def main() -> None:
    """Print both costs."""
    torch.set_num_threads(1)
    section = parse(Train, bases.read(Path("params.yaml"))["organise_train"], "organise_train")
    print(f"a training that publishes a row in every step, relative to one that does not: {slowdown(section):.3f}")
    print(f"CPU time of the sender, relative to one core: {sender() / EVERY:.3f}")


if __name__ == "__main__":
    main()
