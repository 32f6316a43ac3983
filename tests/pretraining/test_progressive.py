"""Progressive training: schedules, the penalty, exact resume."""

import copy

import numpy as np
import pytest
import torch

from latentspace.images import labelled
from latentspace.pretraining import progressive
from latentspace.pretraining.recipe import Scale
from latentspace.pretraining.samples import samples
from latentspace.pretraining.state import start


def test_alpha_falls_from_one_to_zero(recipe):
    scale = recipe.scales[1]
    assert [progressive.alpha_at(scale, seen) for seen in (0, 4, 8, 20)] == [1.0, 0.5, 0.0, 0.0]
    assert progressive.alpha_at(recipe.scales[0], 0) == 0.0


def test_rate_falls_in_the_last_part_of_the_last_scale(recipe):
    assert progressive.rate_at(recipe, 0, 23) == progressive.rate_at(recipe, 2, 8) == recipe.learning_rate
    assert progressive.rate_at(recipe, 2, 12) == pytest.approx(recipe.learning_rate / 2)
    assert progressive.rate_at(recipe, 2, 16) == 0.0


def test_penalty_of_a_linear_discriminator_is_its_squared_weights():
    weight = torch.randn(3, 4, 4)
    x = torch.randn(5, 3, 4, 4, requires_grad=True)
    assert float(progressive.penalty((weight * x).sum((1, 2, 3)), x)) == pytest.approx(float(weight.square().sum() / 2))


def test_real_images_fade_in_too(recipe, images):
    state = start(recipe, 0, scale=1)
    data = labelled.pooled(images, 8)
    real, z = progressive.batch_at(data, recipe, state, seed=0)
    assert real.shape == (4, 3, 8, 8) and z.shape == (4, 8)
    blocks = real.unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.equal(blocks, blocks[..., :1, :1].expand_as(blocks))  # α = 1: pixels of the scale before
    state.seen = 8
    again, z_again = progressive.batch_at(data, recipe, state, seed=0)
    assert torch.equal(z, z_again) and not torch.equal(real, again)


def test_average_is_half_way_after_a_half_life(recipe, images):
    state = start(recipe, 0)
    state.seen = 10**6
    zero = copy.deepcopy(state.average)
    for parameter in state.generator.parameters():
        parameter.data = torch.ones_like(parameter)
    for parameter in zero.parameters():
        parameter.data.zero_()
    state.average = zero
    for _ in range(5):
        progressive.update_average(state, recipe)  # 20 images, the half-life
    for parameter in state.average.parameters():
        torch.testing.assert_close(parameter, torch.full_like(parameter, 0.5))


def equal(a, b):
    a, b = a.state_dict(), b.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


class Killed(Exception):
    pass


@pytest.mark.parametrize("stop_at", [2, 6, 7, 17])
def test_a_killed_run_ends_in_the_same_weights(tmp_path, recipe, images, monkeypatch, stop_at):
    whole = progressive.train(images, recipe, seed=3, checkpoints=tmp_path / "whole")
    step = progressive.train_step

    def dies(state, *rest):
        if state.step == stop_at:
            raise Killed
        return step(state, *rest)

    monkeypatch.setattr(progressive, "train_step", dies)
    with pytest.raises(Killed):
        progressive.train(images, recipe, seed=3, checkpoints=tmp_path / "cut")
    monkeypatch.setattr(progressive, "train_step", step)
    again = progressive.train(images, recipe, seed=3, checkpoints=tmp_path / "cut")
    assert equal(whole.generator, again.generator) and equal(whole.average, again.average)
    assert equal(whole.discriminator, again.discriminator)
    assert whole.history == again.history and whole.step == again.step == 20
    for size in (4, 8, 16):
        name = f"samples_{size}.png"
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()


def test_divergence_is_one_clear_error(tmp_path, recipe, images, monkeypatch):
    monkeypatch.setattr(progressive, "HISTORY_EVERY", 1)
    monkeypatch.setattr(progressive, "penalty", lambda scores, x: scores.sum() * torch.nan)
    with pytest.raises(ValueError, match="training diverged"):
        progressive.train(images, recipe, seed=3, checkpoints=tmp_path)


def test_small_images_are_refused(tmp_path, recipe, images):
    with pytest.raises(ValueError, match="8 pixels are smaller"):
        progressive.train(images[:, :8, :8], recipe, seed=0, checkpoints=tmp_path)


def test_it_learns_a_colour(tmp_path, recipe):
    """All images are one red: after a few hundred steps the averaged generator paints it."""
    red = np.broadcast_to(np.array([220, 30, 30], np.uint8), (8, 8, 8, 3)).copy()
    scales = [
        Scale(width=8, batch=8, fade=0, steady=1600, r1=0.1),
        Scale(width=8, batch=8, fade=400, steady=800, r1=0.1),
    ]
    longer = recipe.model_copy(update={"scales": scales, "average": 200, "checkpoint_every": 1000})
    state = progressive.train(red, longer, seed=0, checkpoints=tmp_path)
    painted = samples(state.average, 16, seed=1).astype(float).mean((0, 1, 2))
    assert np.abs(painted - [220, 30, 30]).max() < 30
