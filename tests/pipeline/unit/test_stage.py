"""The context of a stage: it refuses what dvc.yaml does not declare, and declarations that are not used."""

import json

import pandas as pd
import pytest
import torch
from PIL import Image

from latentspace.pipeline import files
from latentspace.pipeline.declaration import Declaration
from latentspace.pipeline.measured import Findings, Measured, measured
from latentspace.pipeline.params import ParamsError, Section
from latentspace.pipeline.stage import Stage, stage
from latentspace.pipeline.tracking import announced, live


class Grid(Section):
    grid: int


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input.npz").write_bytes(b"x")
    declared = Declaration(
        {"seeds": [0, 1], "size_x": {"grid": 3}, "size_y.part": {"grid": 4}},
        ("input.npz",),
        ("models/size/x", "metrics/size_x.json", "figures/size_x", "matrices/size_x"),
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
    run.metrics([Measured("", "b", 2.0, 0), Measured("", "a", 0.5)])
    assert files.Path("metrics/size_x.json").read_text() == '{\n  "a": 0.5,\n  "b/seed_0": 2.0\n}\n'
    with pytest.raises(ValueError, match="a metric is nan"):
        run.metrics([Measured("", "a", float("nan"))])
    assert json.loads(files.Path("metrics/size_x.json").read_text())["a"] == 0.5


def test_two_numbers_of_one_key_are_refused(run):
    with pytest.raises(RuntimeError, match="stage size_x: two numbers of one key"):
        run.metrics([*measured("x", {"mse": 1.0}, seed=0), *measured("x", {"mse": 2.0}, seed=0)])


def test_the_run_has_the_means_over_the_seeds_too(run):
    places = [Measured("", "unexplained", float(seed), seed, "sigma_0.7_anchor_1") for seed in (4, 6)]
    run.metrics([Measured("", "test_mse", 1.0, 0), Measured("", "test_mse", 3.0, 1), *places])
    assert run.log.metrics == {
        "test_mse": 2.0,
        "test_mse/seed_0": 1.0,
        "test_mse/seed_1": 3.0,
        "unexplained/sigma_0.7_anchor_1": 5.0,
        "unexplained/sigma_0.7_anchor_1_seed_4": 4.0,
        "unexplained/sigma_0.7_anchor_1_seed_6": 6.0,
    }


def use_everything(run):
    run.read(Grid, "size_x")
    run.read(Grid, "size_y.part")
    _ = run.seeds
    run.input("input.npz")
    for folder in ("models/size/x", "metrics/size_x.json", "figures/size_x", "matrices/size_x"):
        run.output(folder)


def test_a_stage_that_uses_all_that_it_declares_passes(run):
    use_everything(run)
    run.check_used()


@pytest.mark.parametrize(
    ("params", "deps", "outs", "idle"),
    [
        ({"size_z.grid": 1}, (), (), ["size_z.grid"]),
        ({}, ("other.npz",), (), ["other.npz"]),
        ({}, (), ("models/size/y",), ["models/size/y"]),
        ({"device": "cpu"}, ("other.npz",), ("models/size/y",), ["device", "models/size/y", "other.npz"]),
        ({}, ("data/code/size_x.json", "data/params.ok"), (), []),
    ],
)
def test_a_declaration_that_is_not_used_is_refused(run, tmp_path, params, deps, outs, idle):
    for dep in deps:
        (tmp_path / dep).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / dep).write_text("{}")
    known = run.declared
    other = Stage("size_x", Declaration({**known.params, **params}, (*known.deps, *deps), (*known.outs, *outs)))
    use_everything(other)
    if not idle:
        other.check_used()
        return
    with pytest.raises(RuntimeError, match="stage size_x declares what it does not use") as caught:
        other.check_used()
    assert str(caught.value).endswith(f": {', '.join(idle)}")


def test_part_of_a_section_or_of_a_folder_is_a_use_of_it(run):
    run.output("models/size/x/seed_0.safetensors")
    assert run.used == {"models/size/x"}
    run.read(Grid, "size_y.part")
    assert run.used == {"models/size/x", "size_y.part"}


def test_the_parameters_of_the_variant_have_one_name_for_all_variants(run):
    params = {"seeds": [0], "size_x.variants.bias": {"weight": 0.1, "part": {"rate": 2}}}
    other = Stage("size_x@bias", Declaration(params, (), (), own=("size_x.variants.bias",)))
    assert other.log.params == {
        "seeds": [0],
        "size_x.variants.bias.weight": 0.1,
        "size_x.variants.bias.part.rate": 2,
        "variant.weight": 0.1,
        "variant.part.rate": 2,
    }
    assert other.log.tags["variant"] == "bias" and other.log.tags["stage"] == "size_x"
    whole = Stage("size_x", Declaration(params, (), ()))
    assert not [key for key in whole.log.params if key.startswith("variant.")]


@pytest.mark.parametrize(("precision", "arithmetic"), [("auto", "32-true"), ("bf16-mixed", "bf16-mixed")])
def test_a_training_says_its_arithmetic_in_its_line_and_in_its_run(run, capsys, precision, arithmetic):
    run.declared = Declaration({"device": "cpu", "precision": precision}, (), ())
    run.say("nothing trained yet")
    assert run.compute.of_autoencoders == arithmetic
    run.say("done")
    assert capsys.readouterr().out == f"size_x: nothing trained yet\nsize_x: done ({arithmetic})\n"
    assert run.log.tags["arithmetic"] == arithmetic


class Text:
    """A picture as the pipeline knows it: something that writes itself."""

    def __init__(self, text: str):
        self.text = text

    def save(self, path):
        path.write_text(self.text)


def test_findings_are_written_and_recorded(run, capsys):
    names = ["z1", "z2"]
    matrix = pd.DataFrame([[1.0, 0.25], [0.25, 1.0]], index=names, columns=names)
    table = pd.DataFrame({"method": ["pca_ae"], "mse": [0.5]})
    pictures = {"walk.gif": Text("GIF"), "code.png": Image.new("L", (6, 4), 255)}
    run.record(Findings([Measured("", "mse", 0.5)], pictures, {"covariance": matrix}, {"comparison": table}, "done"))
    kept = json.loads(files.Path("matrices/size_x/covariance.json").read_text())
    assert kept == {"labels": names, "values": [[1.0, 0.25], [0.25, 1.0]]}
    assert run.log.tables["covariance"] == {"component": names, "z1": [1.0, 0.25], "z2": [0.25, 1.0]}
    assert run.log.tables["comparison"] == {"method": ["pca_ae"], "mse": [0.5]}
    assert files.Path("figures/size_x/walk.gif").read_text() == "GIF"
    with Image.open("figures/size_x/code.png") as image:
        assert image.size == (6, 4)
    assert run.log.artifacts == [
        ("metrics/size_x.json", ""),
        ("figures/size_x/walk.gif", "figures"),
        ("figures/size_x/code.png", "figures"),
        ("matrices/size_x/covariance.json", "matrices"),
    ]
    assert capsys.readouterr().out == "size_x: done\n"


def test_images_of_steps_are_recorded_with_their_step(run):
    run.image("traversal", 2, Text("PNG"))
    assert run.log.images == [("traversal", 2, "figures/size_x/traversal_2.png")]
    assert files.Path("figures/size_x/traversal_2.png").read_text() == "PNG"


def test_a_network_comes_with_its_run_and_is_a_model_of_mlflow_where_it_is_used(run, monkeypatch):
    path = "models/size/x/seed_0.safetensors"
    run.output(path).write_bytes(b"x")
    run.model("autoencoder", path, torch.zeros(1, 2))
    assert run.log.artifacts == [(path, "networks")] and not run.log.models
    monkeypatch.setattr("latentspace.pipeline.stage.EXPORTED", {"size_x"})
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


DVC = """
stages:
  size_x:
    cmd: python stages/size_x.py
    deps: [data/code/size_x.json, input.npz]
    params: [seeds]
    outs: [runs/size/size_x.json]
    metrics:
      - metrics/size_x.json: {cache: false}
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """A project with one stage, whose runs go nowhere; its script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr("latentspace.pipeline.tracking.outbox.start_sender", lambda: None)
    (tmp_path / "dvc.yaml").write_text(DVC)
    (tmp_path / "params.yaml").write_text("seeds: [0]\n")
    (tmp_path / "input.npz").write_bytes(b"x")
    (tmp_path / "data/code").mkdir(parents=True)
    (tmp_path / "data/code/size_x.json").write_text("{}")
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/size_x.py").write_text('"""What it does."""\n')
    return str(tmp_path / "stages/size_x.py")


def posted() -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(files.Path(".tracking/outbox").glob("[0-9]*/run.json"))]


def test_a_stage_that_ends_well_writes_its_record_and_posts_its_run(script):
    with stage(script) as run:
        run.input("input.npz")
        run.metrics([Measured("", "mse", 0.5, seed) for seed in run.seeds])
        run.checkpoints.mkdir(parents=True)
    (log,) = posted()
    assert (log["description"], log["failed"], log["metrics"]) == (
        "What it does.",
        False,
        {"mse": 0.5, "mse/seed_0": 0.5},
    )
    assert json.loads(files.Path("runs/size/size_x.json").read_text())["execution"] == log["tags"]["execution"]
    assert not run.checkpoints.exists()


def test_a_stage_announces_the_run_that_it_posts(script):
    with stage(script) as run:
        (shown,) = announced.announced()
        assert shown.alive and not shown.posted
        assert (shown.log.stage, shown.log.description, shown.log.params) == ("size_x", "What it does.", {"seeds": [0]})
        assert live.Curve(run.checkpoints / "seed_0", []).place == (shown.folder.absolute(), "seed_0", "")
        run.input("input.npz")
        run.metrics([Measured("", "mse", 0.5, seed) for seed in run.seeds])
    (log,) = posted()
    assert log["tags"]["execution"] == shown.folder.name
    assert [found.posted for found in announced.announced()] == [True]
    assert live.Curve(run.checkpoints / "seed_0", []).place is None


def test_a_stage_with_an_idle_declaration_fails_and_keeps_its_checkpoints(script):
    with pytest.raises(RuntimeError, match=r"does not use: input\.npz, seeds"), stage(script) as run:
        run.metrics([Measured("", "mse", 0.5)])
        run.checkpoints.mkdir(parents=True)
    (log,) = posted()
    assert log["failed"] and log["tags"]["error"].startswith("DeclarationError: dvc.yaml: stage size_x declares")
    assert not files.Path("runs").joinpath("size/size_x.json").exists()
    assert run.checkpoints.exists()


def test_a_stage_that_fails_posts_its_error_and_prints_one_line(script, capsys, monkeypatch):
    monkeypatch.delenv("LATENTSPACE_TRACEBACK", raising=False)
    with pytest.raises(SystemExit), stage(script):
        raise ValueError("input.npz: damaged")
    (log,) = posted()
    assert log["failed"] and log["tags"]["error"] == "ValueError: input.npz: damaged"
    assert capsys.readouterr().err == "error: size_x: input.npz: damaged\n"
    assert not files.Path("runs/size/size_x.json").exists()
