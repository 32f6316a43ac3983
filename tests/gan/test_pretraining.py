"""Pre-training: schedules, the penalty, exact resume, and the data sets."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from latentspace.core.params import ParamsError, parse, read_yaml
from latentspace.gan.network import Generator
from latentspace.gan.pretraining import avatars, dataset, faces, folder, progressive
from latentspace.gan.pretraining.dataset import ImageSet
from latentspace.gan.pretraining.params import Avatars, Folder, Recipe, Scale, Source

SCALES = [
    {"width": 6, "batch": 4, "fade": 0, "steady": 24, "r1": 0.01},
    {"width": 5, "batch": 4, "fade": 8, "steady": 16, "r1": 0.01},
    {"width": 4, "batch": 2, "fade": 6, "steady": 10, "r1": 0.1},
]


@pytest.fixture
def recipe():
    return parse(
        Recipe,
        {
            "latent": 8,
            "scales": SCALES,
            "learning_rate": 1e-2,
            "betas": [0.0, 0.99],
            "decay": 0.5,
            "r1_every": 2,
            "average": 20,
            "average_ramp": 0.5,
            "checkpoint_every": 3,
        },
    )


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), dtype=np.uint8)


def test_alpha_falls_from_one_to_zero():
    scale = Scale(**SCALES[1])
    assert [progressive.alpha_at(scale, seen) for seen in (0, 4, 8, 20)] == [1.0, 0.5, 0.0, 0.0]
    assert progressive.alpha_at(Scale(**SCALES[0]), 0) == 0.0


def test_rate_falls_in_the_last_part_of_the_last_scale(recipe):
    assert progressive.rate_at(recipe, 0, 23) == progressive.rate_at(recipe, 2, 8) == recipe.learning_rate
    assert progressive.rate_at(recipe, 2, 12) == pytest.approx(recipe.learning_rate / 2)
    assert progressive.rate_at(recipe, 2, 16) == 0.0


def test_length_scales_every_part_and_nothing_else(recipe):
    longer = recipe.times(1.5)
    assert [(scale.fade, scale.steady) for scale in longer.scales] == [(0, 36), (12, 24), (9, 15)]
    assert longer.times(2 / 3) == recipe and recipe.times(1.0) == recipe
    assert longer.model_dump(exclude={"scales"}) == recipe.model_dump(exclude={"scales"})


def test_penalty_of_a_linear_judge_is_its_squared_weights():
    weight = torch.randn(3, 4, 4)
    x = torch.randn(5, 3, 4, 4, requires_grad=True)
    assert float(progressive.penalty((weight * x).sum((1, 2, 3)), x)) == pytest.approx(float(weight.square().sum() / 2))


def test_pooled_and_centred_keep_the_mean(images):
    small = dataset.pooled(images, 4)
    assert small.shape == (10, 3, 4, 4)
    assert abs(float(small.float().mean()) - images.mean()) < 1
    assert torch.equal(dataset.pooled(images, 16)[3, 1], torch.from_numpy(images[3, :, :, 1].copy()))
    assert np.array_equal(dataset.to_pixels(dataset.centred(dataset.pooled(images, 16))), images)
    with pytest.raises(ValueError, match="cannot be averaged down to 5"):
        dataset.pooled(images, 5)


def test_real_images_fade_in_too(recipe, images):
    state = progressive.start(recipe, 0, scale=1)
    data = dataset.pooled(images, 8)
    real, z = progressive.batch_at(data, recipe, state, seed=0)
    assert real.shape == (4, 3, 8, 8) and z.shape == (4, 8)
    blocks = real.unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.equal(blocks, blocks[..., :1, :1].expand_as(blocks))  # α = 1: pixels of the scale before
    state.seen = 8
    again, z_again = progressive.batch_at(data, recipe, state, seed=0)
    assert torch.equal(z, z_again) and not torch.equal(real, again)


def test_average_is_half_way_after_a_half_life(recipe, images):
    state = progressive.start(recipe, 0)
    state.seen = 10**6
    zero = copy.deepcopy(state.average)
    for parameter in state.generator.parameters():
        parameter.data = torch.ones_like(parameter)
    for parameter in zero.parameters():
        parameter.data.zero_()
    state.average = zero
    for _ in range(5):
        progressive._follow(state, recipe, 4)  # 20 images, the half-life
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


def test_a_damaged_checkpoint_is_set_aside(tmp_path, recipe, images, capsys):
    whole = progressive.train(images, recipe, seed=3, checkpoints=tmp_path)
    newest = max(tmp_path.glob("scale*.pt"))
    newest.write_bytes(newest.read_bytes()[:1000])
    again = progressive.train(images, recipe, seed=3, checkpoints=tmp_path)
    assert equal(whole.average, again.average)
    assert "damaged" in capsys.readouterr().out
    assert newest.with_suffix(".damaged").is_file()


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
    painted = progressive.samples(state.average, 16, seed=1).astype(float).mean((0, 1, 2))
    assert np.abs(painted - [220, 30, 30]).max() < 30


def test_sets_come_back_and_damaged_files_are_named(tmp_path, images):
    data = ImageSet(images, np.ones((10, 2), np.float32), ["a", "b"])
    dataset.save(data, tmp_path / "x.npz")
    dataset.save(data, tmp_path / "y.npz")
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    again = dataset.load(tmp_path / "x.npz")
    assert np.array_equal(again.images, images) and again.names == ["a", "b"]
    (tmp_path / "x.npz").write_bytes((tmp_path / "y.npz").read_bytes()[:50])
    with pytest.raises(ValueError, match=r"x\.npz: damaged"):
        dataset.load(tmp_path / "x.npz")


def test_ramps_go_through_their_stops():
    assert [avatars.ramp(("#000000", "#ff0000", "#ffffff"), t) for t in (0.0, 0.25, 0.5, 1.0)] == [
        "#000000",
        "#800000",
        "#ff0000",
        "#ffffff",
    ]


def test_factors_are_uniform_and_independent():
    rows = avatars.draw_factors(20_000, seed=0, glasses=0.4)
    assert np.array_equal(rows, avatars.draw_factors(20_000, seed=0, glasses=0.4))
    off_diagonal = np.corrcoef(rows.T) - np.eye(len(avatars.NAMES))
    assert np.abs(off_diagonal).max() < 0.03
    assert abs(rows[:, avatars.NAMES.index("glasses")].mean() - 0.4) < 0.02
    assert np.abs(rows[:, avatars.NAMES.index("roll")]).max() <= avatars.ROLL


def test_heads_show_their_factors():
    pytest.importorskip("dicebear")
    pytest.importorskip("resvg_py")
    rows = np.repeat(avatars.draw_factors(1, seed=0, glasses=0.0), 3, axis=0)
    rows[:, avatars.NAMES.index("roll")] = 0
    rows[0, avatars.NAMES.index("skin")], rows[1, avatars.NAMES.index("skin")] = 0.0, 1.0
    rows[2, avatars.NAMES.index("glasses")] = 1.0
    dark, light, glasses = (avatars.render(avatars.style(), avatars.options(row)).astype(int) for row in rows)
    assert dark.shape == (64, 64, 3)
    assert light[28:44, 24:40].mean() - dark[28:44, 24:40].mean() > 50  # the face
    changed = np.abs(glasses - avatars.render(avatars.style(), avatars.options(rows[2] * [*[1] * 8, 0]))).sum(2) > 60
    assert 40 < changed.sum() < 500 and changed[15:45].sum() == changed.sum()
    assert avatars.make(Avatars(images=2, seed=0, glasses=0.5)).images.shape == (2, 64, 64, 3)


def test_short_cut_recovers_a_convolution():
    torch.manual_seed(0)
    true = faces.Shortcut(torch.randn(12, 4, 3, 3), torch.randn(12))
    features = torch.randn(20, 4, 6, 6)
    fitted = faces.fit_shortcut(features, true(features), ridge=1e-9)
    torch.testing.assert_close(fitted.weight, true.weight, rtol=0, atol=1e-3)
    torch.testing.assert_close(fitted.bias, true.bias, rtol=0, atol=1e-3)
    assert faces.psnr(true(features) / 9, fitted(features) / 9) > 60
    damped = faces.fit_shortcut(features, true(features), ridge=1e3)
    assert float(damped.weight.abs().max()) < 0.05


def test_psnr_of_a_known_error():
    assert faces.psnr(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.2)) == pytest.approx(20.0, abs=1e-4)


def test_folder_crops_squares_and_names_bad_files(tmp_path):
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, 10:30] = 200  # the centred square
    Image.fromarray(wide).save(tmp_path / "b.png")
    (tmp_path / "deeper").mkdir()
    Image.new("L", (32, 32), 90).save(tmp_path / "deeper" / "a.jpg")
    (tmp_path / "notes.txt").write_text("no image")
    data = folder.make(Folder(path=str(tmp_path), image_size=16))
    assert data.images.shape == (2, 16, 16, 3)
    assert (data.images[0] == 200).all() and abs(int(data.images[1].mean()) - 90) < 3
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    with pytest.raises(ValueError, match=r"c\.png: not a sound image"):
        folder.make(Folder(path=str(tmp_path), image_size=16))
    with pytest.raises(ValueError, match="no such folder"):
        Folder(path=str(tmp_path / "none"), image_size=16)


def test_shipped_parameters_are_sound(root):
    values = read_yaml(root / "pretraining" / "params.yaml")
    recipe = parse(Recipe, values["gan_pretrain"]["recipe"])
    assert Generator(recipe.latent, recipe.widths).size == 64
    for name in values["gan_pretrain"]["names"]:
        parse(Source, values["gan_pretrain"]["sources"][name])
    wrong = copy.deepcopy(values["gan_pretrain"]["recipe"])
    wrong["scales"][0]["fade"] = 10
    with pytest.raises(ParamsError, match=r"scales\[0\]\.fade must be 0"):
        parse(Recipe, wrong)
