"""The state of a run: growth, checkpoints, damaged ones."""

import torch

from latentspace.pretraining import progressive
from latentspace.pretraining.state import grow, resume, save_checkpoint, start


def equal(a, b):
    a, b = a.state_dict(), b.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_all_networks_grow_and_the_average_takes_the_new_layers(recipe):
    state = start(recipe, 0)
    state.seen = 24
    before = state.optimisers
    grow(state, recipe, 0)
    assert (state.scale, state.size, state.seen) == (1, 8, 0)
    assert state.generator.widths == state.discriminator.widths == state.average.widths == [6, 5]
    assert equal(state.generator, state.average) and state.optimisers is not before
    assert not any(parameter.requires_grad for parameter in state.average.parameters())


def test_a_checkpoint_holds_the_whole_state(tmp_path, recipe):
    state = start(recipe, 3)
    grow(state, recipe, 3)
    state.step, state.seen, state.seconds, state.history = 9, 8, 1.5, [{"step": 9.0}]
    save_checkpoint(tmp_path, state)
    again = resume(tmp_path, recipe, torch.device("cpu"))
    for name in ("generator", "discriminator", "average"):
        assert equal(getattr(again, name), getattr(state, name))
    for name in ("scale", "step", "seen", "seconds", "history"):
        assert getattr(again, name) == getattr(state, name)
    assert resume(tmp_path / "none", recipe, torch.device("cpu")) is None


def test_the_last_two_checkpoints_of_a_scale_are_kept(tmp_path, recipe):
    state = start(recipe, 0)
    for step in (3, 6, 9):
        state.step = step
        save_checkpoint(tmp_path, state)
    grow(state, recipe, 0)
    save_checkpoint(tmp_path, state)
    kept = [path.name for path in sorted(tmp_path.iterdir())]
    assert kept == ["scale0_00000006.pt", "scale0_00000009.pt", "scale1_00000009.pt"]


def test_a_damaged_checkpoint_is_set_aside(tmp_path, recipe, images, capsys):
    whole = progressive.train(images, recipe, seed=3, checkpoints=tmp_path)
    newest = max(tmp_path.glob("scale*.pt"))
    newest.write_bytes(newest.read_bytes()[:1000])
    again = progressive.train(images, recipe, seed=3, checkpoints=tmp_path)
    assert equal(whole.average, again.average)
    assert "damaged" in capsys.readouterr().out
    assert newest.with_suffix(".damaged").is_file()
