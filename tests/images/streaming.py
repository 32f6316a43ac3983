"""Make a set of a folder, or train on it, in a process of its own, and print how much memory that took, in MiB.

python streaming.py images FOLDER SET N [PART]     train_images + test_images = N; prints the peak
python streaming.py train FOLDER SET N [PART]      one step per packet
PART, if given, stands for all sizes of parts, so that a small set is handled as a large one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

TEST = 100  # images


def many(folder: Path, count: int, distinct: int = 100) -> None:
    """A folder of many 64×64 colour images: a few files, each under many names."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :64]
    for i in range(count):
        path = folder / f"{i // 5000}" / f"{i:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if i >= distinct:
            os.link(folder / "0" / f"{i % distinct:06d}.png", path)
            continue
        column, row, radius = rng.uniform([16, 16, 6], [48, 48, 20])
        inside = ((x - column) ** 2 + (y - row) ** 2 < radius**2)[..., None]
        Image.fromarray(
            (inside * rng.uniform(60, 255, 3) + rng.integers(0, 10, (64, 64, 3))).clip(0, 255).astype(np.uint8)
        ).save(path)


def peak(work: str, folder: Path, path: Path, count: int, part: int | None = None) -> int:
    """The largest resident memory of a process that does `work`, anonymous and mapped pages together, in MiB."""
    command = [sys.executable, __file__, work, folder, path, count, *([part] if part else [])]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def images(folder: Path, path: Path, count: int) -> None:
    """What the stage organise_images does."""
    from latentspace.images import image_set, make
    from latentspace.images.params import DataSet

    spec = DataSet(kind="folder", path=folder, channels=3, train_images=count - TEST, test_images=TEST)
    image_set.save(make.make_set(spec, path.parent), path)


def train(folder: Path, path: Path, count: int) -> None:
    """What the stage organise_train does for one seed, in a few steps."""
    from latentspace.images import image_set
    from latentspace.nn.rows import ByteRows
    from latentspace.organise.params import Variant
    from latentspace.organise.train import Job
    from latentspace.organise.train import train as train_one
    from latentspace.pca.settings import Network
    from latentspace.pipeline.compute import CPU
    from latentspace.pipeline.params import Training

    rows = ByteRows.of(image_set.load(path).train)
    assert rows.mapping is not None and len(rows) == count - TEST
    network = Network(encoder_widths=[16] * 4, decoder_widths=[32, 32, 16, 16])
    schedule = Training(
        steps=2, batch_size=256, learning_rate=8e-3, warmup=0.1, betas=[0.9, 0.99], checkpoint_every=100
    )
    train_one(Job(rows, network, schedule, Variant(images="many"), CPU, path.parent / f"{path.stem}_checkpoints", 0))


def in_parts(size: int) -> None:
    """Handle a small set as a large one, in parts of `size` images."""
    from latentspace.images import folder, make, npz, scratch
    from latentspace.nn import chunks
    from latentspace.pca import growth

    scratch.BLOCK = folder.BLOCK = make.PART = chunks.CHUNK = growth.CHUNK = size
    scratch.MAPPED = npz.MAPPED = npz.BLOCK = size * 64 * 64 * 3


def high_water() -> int:
    """The largest resident memory of this process so far, in MiB."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    work, source, target, number, *parts = sys.argv[1:]
    if parts:
        in_parts(int(parts[0]))
    {"images": images, "train": train}[work](Path(source), Path(target), int(number))
    print(high_water())
