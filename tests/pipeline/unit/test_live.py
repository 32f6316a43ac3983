"""What a training publishes while it runs: its curve row by row, and nothing that could end it."""

import errno
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from latentspace.nn.fit import fit
from latentspace.nn.objective import Objective
from latentspace.pca.errors import MeanSquare
from latentspace.pca.growth import Growth, grow
from latentspace.pca.networks import ConvDecoder, ConvEncoder
from latentspace.pca.settings import Settings
from latentspace.pipeline import flat
from latentspace.pipeline.params import Training
from latentspace.pipeline.tracking import announced, entries, live

TRAINING = Training(steps=20, batch_size=8, learning_rate=1e-2, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=5)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder of an announced run whose checkpoints are in <tmp_path>/checkpoints."""
    for part in ("curves", "images"):
        (tmp_path / "live" / part).mkdir(parents=True)
    monkeypatch.setenv(live.FOLDER, str(tmp_path / "live"))
    monkeypatch.setenv(live.ROOT, str(tmp_path / "checkpoints"))
    monkeypatch.delenv("RANK", raising=False)
    return tmp_path / "live"


def rows(folder: Path, name: str = "seed_0") -> list[dict]:
    return [json.loads(line) for line in (folder / f"curves/{name}.jsonl").read_text().splitlines()]


def train(checkpoints: Path | None, restarts: int = 2):
    """A PCA autoencoder of two packets, with every phase that a packet can have."""
    settings = Settings(packet_sizes=[1, 2], settle=0.3, restarts=restarts, weight=0.1)
    networks = partial(ConvEncoder, 16, 1, [4]), partial(ConvDecoder, 16, 1, [4])
    images = torch.rand(40, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    return grow((images,), Growth(*networks, MeanSquare(), settings, TRAINING, seed=0, checkpoints=checkpoints))


def test_the_published_curve_is_that_of_the_run_and_publishing_changes_no_number(folder, tmp_path, monkeypatch):
    model, curve = train(tmp_path / "checkpoints/seed_0")
    published = announced.points(folder)
    final = [point for point in flat.points([{"seed": 0, **row} for row in curve]) if not point[0].startswith("packet")]
    assert sorted(point[:3] for point in published) == sorted(final)
    assert any("restart" in row["phase"] for row in rows(folder)), "restarts are published, and left out of the curve"
    times = [row["time"] for row in rows(folder)]
    assert times == sorted(times)
    monkeypatch.delenv(live.FOLDER)
    other, same = train(tmp_path / "elsewhere/seed_0")
    assert same == curve
    assert all(map(torch.equal, model.state_dict().values(), other.state_dict().values()))


def test_every_packet_has_a_picture_with_one_row_per_component(folder, tmp_path):
    train(tmp_path / "checkpoints/seed_0", restarts=1)
    train(tmp_path / "checkpoints/seed_1", restarts=1)
    found = announced.pictures(folder)
    assert [picture[:2] for picture in found] == [("traversals/seed_0", 1), ("traversals/seed_0", 2)], "the first seed"
    assert [entries.pixels(path).size for *_, path in found] == [(7 * 16, 16), (7 * 16, 2 * 16)]


class Slow(Objective):
    """A number that goes to zero."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, x):
        return {"loss": (self.weight * x).square().mean()}


def slow(checkpoints: Path | None, steps: int = 1000) -> list[dict[str, float]]:
    training = TRAINING.model_copy(update={"steps": steps, "checkpoint_every": 100})
    return fit(Slow(), (torch.ones(16, 1),), training, seed=0, checkpoints=checkpoints)


def test_a_resumed_training_publishes_its_whole_curve(folder, tmp_path):
    checkpoints = tmp_path / "checkpoints/seed_0"
    curve = slow(checkpoints)
    (checkpoints / "00001000.pt").unlink()
    (folder / "curves/seed_0.jsonl").unlink()  # the run of the resumed stage is another one
    assert slow(checkpoints) == curve
    found = [point for point in announced.points(folder) if point[0] == "loss/seed_0"]
    assert [(step, value) for _, step, value, _ in found] == [(int(row["step"]), row["loss"]) for row in curve]


def test_between_rows_far_apart_there_are_points_every_few_seconds(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0.0)
    curve = slow(tmp_path / "checkpoints/seed_0", 400)
    steps = [step for key, step, *_ in announced.points(folder) if key == "loss/seed_0"]
    assert len(curve) == 101 and len(steps) == len({*steps}) == 400


@pytest.mark.parametrize("where", ["not announced", "no checkpoints", "checkpoints elsewhere", "another process"])
def test_otherwise_nothing_is_published(folder, tmp_path, monkeypatch, where):
    if where == "not announced":
        monkeypatch.delenv(live.FOLDER)
    if where == "another process":
        monkeypatch.setenv("RANK", "1")
    place = {"no checkpoints": None, "checkpoints elsewhere": tmp_path / "x"}.get(where, tmp_path / "checkpoints/a")
    curve = live.Curve(place, [{"step": 0.0, "loss": 1.0}])
    curve.follow(1, {})
    live.picture(place, 1, lambda: pytest.fail("it is drawn"))
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_full_disk_is_one_warning_and_the_training_goes_on(folder, tmp_path, monkeypatch, capsys):
    opened = Path.open

    def full(path, *arguments, **more):
        if folder in path.parents:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", full)
    assert slow(tmp_path / "checkpoints/seed_0") == slow(None)
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "No space left on device" in told and "MLflow does not show" in told


def test_a_picture_that_fails_is_one_warning(folder, tmp_path, capsys):
    live.picture(tmp_path / "checkpoints/seed_0", 1, lambda: 1 / 0)
    assert capsys.readouterr().err.count("\n") == 1
    live.picture(tmp_path / "checkpoints/seed_0", 2, lambda: None)
    live.picture(tmp_path / "checkpoints/seed_0", 3, lambda: np.zeros((4, 4, 3), np.uint8))
    assert [path.name for path in (folder / "images/seed_0").iterdir()] == ["3.png"]


def test_phases_follow_one_another_and_numbers_that_are_not_finite_are_left_out(folder):
    lines = [
        ("plain", 0, 4.0),
        ("plain", 9, 3.0),
        ("a_restart_1", 5, 9.0),
        ("a", 0, math.nan),
        ("a", 4, 1.0),
        ("b", 0, 0),
    ]
    text = "".join(json.dumps({"phase": p, "time": 1.5, "step": s, "loss": v}) + "\n" for p, s, v in lines)
    (folder / "curves/sigma_0.7_anchor_1_seed_0.jsonl").write_text(text + '{"phase": "b", "time": 1.5, "step": 1, "lo')
    name = "loss/sigma_0.7_anchor_1_seed_0"
    assert announced.points(folder) == [
        (name, 0, 4.0, 1500),
        (name, 9, 3.0, 1500),
        (name, 14, 1.0, 1500),
        (name, 15, 0.0, 1500),
    ]
