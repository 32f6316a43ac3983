"""The stage context refuses what dvc.yaml does not declare."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from latentspace.core import files
from latentspace.core.params import ParamsError, Section
from latentspace.core.stage import Declaration, Stage


class Grid(Section):
    grid: int


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input.npz").write_bytes(b"x")
    declared = Declaration(
        {"seeds": [0, 1], "size_x": {"grid": 3}, "size_y.part": {"grid": 4}},
        ("input.npz",),
        ("models/size/x", "metrics/size_x.json", "figures/size_x"),
    )
    return Stage("size_x", declared)


def test_sections_are_read_by_dotted_key(run):
    assert run.read(Grid, "size_x").grid == 3
    assert run.read(Grid, "size_y.part").grid == 4
    with pytest.raises(ParamsError, match="size_z: missing"):
        run.read(Grid, "size_z")


def test_undeclared_paths_are_refused(run):
    assert str(run.input("input.npz")) == "input.npz"
    assert str(run.output("models/size/x/seed_0.safetensors")).endswith("seed_0.safetensors")
    with pytest.raises(RuntimeError, match=r"does not declare other\.npz as dependency"):
        run.input("other.npz")
    with pytest.raises(RuntimeError, match="does not declare models/size/xy as output"):
        run.output("models/size/xy")


def test_metrics_are_flat_sorted_and_finite(run):
    run.metrics({"b/seed_0": 2.0, "a": 0.5})
    assert (files.Path("metrics/size_x.json")).read_text() == '{\n  "a": 0.5,\n  "b/seed_0": 2.0\n}\n'
    with pytest.raises(ValueError, match="a metric is nan"):
        run.metrics({"a": float("nan")})
    assert json.loads(files.Path("metrics/size_x.json").read_text())["a"] == 0.5


@pytest.mark.parametrize(("precision", "arithmetic"), [("auto", "32-true"), ("bf16-mixed", "bf16-mixed")])
def test_a_training_says_its_arithmetic_in_its_line_and_in_its_run(run, capsys, precision, arithmetic):
    run.declared = Declaration({"device": "cpu", "precision": precision}, (), ())
    run.say("nothing trained yet")
    assert run.compute.of_autoencoders == arithmetic
    run.say("done")
    assert capsys.readouterr().out == f"size_x: nothing trained yet\nsize_x: done ({arithmetic})\n"
    assert run.log.tags["arithmetic"] == arithmetic


def test_matrices_animations_and_images_are_kept_and_recorded(run):
    names = ["z1", "z2"]
    run.matrix("covariance", pd.DataFrame([[1.0, 0.25], [0.25, 1.0]], index=names, columns=names))
    kept = json.loads(files.Path("figures/size_x/covariance.json").read_text())
    assert kept == {"labels": names, "values": [[1.0, 0.25], [0.25, 1.0]]}
    assert run.log.tables["covariance"] == {"component": names, "z1": [1.0, 0.25], "z2": [0.25, 1.0]}
    frames = [np.full((4, 6), level, dtype=np.uint8) for level in (0, 100, 255)]
    run.animation("walk.gif", frames)
    with Image.open("figures/size_x/walk.gif") as gif:
        assert (gif.n_frames, gif.size) == (3, (6, 4))
        gif.seek(2)
        assert gif.convert("L").getpixel((0, 0)) == 255
    run.image("traversal", 2, frames[1])
    assert run.log.images == [("traversal", 2, "figures/size_x/traversal_2.png")]
    assert run.log.artifacts[-1] == ("figures/size_x/walk.gif", "figures")


def test_a_network_comes_with_its_run_and_is_a_model_of_mlflow_where_it_is_used(run, monkeypatch):
    path = "models/size/x/seed_0.safetensors"
    run.output(path).write_bytes(b"x")
    run.model("autoencoder", path, torch.zeros(1, 2))
    assert run.log.artifacts == [(path, "networks")] and not run.log.models
    monkeypatch.setattr("latentspace.core.stage.EXPORTED", {"size_x"})
    run.model("autoencoder", path, torch.zeros(1, 2))
    assert run.log.models == [("autoencoder", path, [[0.0, 0.0]])]


def test_curves_are_a_table_and_points_by_seed(run):
    rows = [{"seed": 0, "step": 5.0, "loss": 0.123456789}, {"seed": 1, "step": 6.0, "loss": float("nan"), "x": 2e-7}]
    declared = Declaration({}, (), ("plots/size_x.csv",))
    other = Stage("size_x", declared)
    other.curves(rows)
    wanted = pd.DataFrame(rows).to_csv(index=False, float_format="%.6g")
    assert files.Path("plots/size_x.csv").read_text() == wanted
    assert other.log.curves[0] == ("loss/seed_0", 5, 0.123456789)
    assert [point[:2] for point in other.log.curves] == [("loss/seed_0", 5), ("loss/seed_1", 6), ("x/seed_1", 6)]


def test_checkpoints_belong_to_parameters_and_inputs(run, tmp_path):
    first = run.checkpoints
    assert first == Stage("size_x", run.declared).checkpoints
    (tmp_path / "input.npz").write_bytes(b"y")
    assert Stage("size_x", run.declared).checkpoints != first
    other = Declaration({**run.declared.params, "size_x": {"grid": 5}}, run.declared.deps, run.declared.outs)
    assert Stage("size_x", other).checkpoints != Stage("size_x", run.declared).checkpoints


def test_atomic_writes_leave_whole_files_only(tmp_path):
    path = tmp_path / "file.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert files.read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


def test_digest_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    first = files.md5(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert files.md5(tmp_path) != first
    (tmp_path / "b").rename(tmp_path / "a")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"0")
    assert files.md5(tmp_path) == first
