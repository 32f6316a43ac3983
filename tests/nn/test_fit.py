"""The training loop: exact resume, fallback from damaged checkpoints, divergence."""

import pytest
import torch
from torch import nn

from latentspace.nn import fit as loop
from latentspace.nn.fit import Diverged, fit, one_cycle
from latentspace.nn.objective import Objective
from latentspace.nn.streams import batch_indices
from latentspace.pipeline.params import Training

TRAINING = Training(steps=30, batch_size=4, learning_rate=0.05, warmup=0.2, betas=[0.9, 0.99], checkpoint_every=7)
IMAGES = torch.linspace(0, 1, 64).reshape(16, 1, 2, 2)


class Autoencode(Objective):
    def __init__(self, poison_after: int | None = None):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(1, 1, 1)
        self.calls, self.poison_after = 0, poison_after

    def forward(self, images):
        self.calls += 1
        noise = torch.rand_like(images) * 0.1
        loss = (self.layer(images + noise) - images).square().mean()
        if self.poison_after is not None and self.calls > self.poison_after:
            loss = loss * float("nan")
        return {"loss": loss}


class Killed(Exception):
    pass


def killed_at(monkeypatch, step):
    real = loop.one_cycle

    def die(now, training):
        if now == step:
            raise Killed
        return real(now, training)

    monkeypatch.setattr(loop, "one_cycle", die)


@pytest.mark.parametrize("step", [0, 1, 7, 13, 14, 29])
def test_a_killed_run_repeated_ends_in_the_same_bytes(tmp_path, monkeypatch, step):
    whole = Autoencode()
    curve = fit(whole, (IMAGES,), TRAINING, seed=3)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_at(patch, step)
        fit(Autoencode(), (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path)
    again = Autoencode()
    assert fit(again, (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path) == curve
    assert again.calls == TRAINING.steps - step // 7 * 7
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))


def test_a_truncated_checkpoint_falls_back_to_the_one_before(tmp_path, monkeypatch, capsys):
    curve = fit(Autoencode(), (IMAGES,), TRAINING, seed=3)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_at(patch, 20)
        fit(Autoencode(), (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path)
    newest = max(tmp_path.glob("*.pt"))
    newest.write_bytes(newest.read_bytes()[:200])
    again = Autoencode()
    assert fit(again, (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path) == curve
    assert again.calls == TRAINING.steps - 7
    assert newest.name in capsys.readouterr().out


def test_divergence_names_the_step_and_keeps_the_checkpoint(tmp_path):
    with pytest.raises(Diverged, match="step 15"):
        fit(Autoencode(poison_after=15), (IMAGES,), TRAINING, seed=3, checkpoints=tmp_path)
    assert [path.name for path in sorted(tmp_path.glob("*.pt"))] == ["00000007.pt", "00000014.pt"]


def test_one_cycle_rises_to_the_peak_and_falls():
    rates = [one_cycle(step, TRAINING) for step in range(TRAINING.steps)]
    assert max(rates) == pytest.approx(TRAINING.learning_rate)
    assert rates.index(max(rates)) == 6
    assert rates[0] == pytest.approx(TRAINING.learning_rate / 25)
    assert rates[-1] < TRAINING.learning_rate / 100


@pytest.mark.parametrize(("size", "batch"), [(10, 10), (100, 7), (3, 8)])
def test_batches_take_one_index_from_each_slice(size, batch):
    for step in range(20):
        indices = batch_indices(size, batch, seed=1, step=step)
        assert torch.equal(indices, batch_indices(size, batch, seed=1, step=step))
        assert ((indices * batch) // size - torch.arange(batch)).abs().max() <= max(1, batch // size + 1)
        assert indices.min() >= 0 and indices.max() < size
    assert not torch.equal(batch_indices(1000, 8, 1, 1), batch_indices(1000, 8, 2, 1))
