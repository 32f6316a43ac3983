"""Stages without some of the variants that they evaluate: what they leave out, and their empty outputs."""

import json
from pathlib import Path

import pytest

from latentspace.pipeline.available import NothingToDoError, in_words, is_empty, split, write_empty
from latentspace.pipeline.declaration import Declaration
from latentspace.pipeline.failures import DeclarationError
from latentspace.pipeline.stage import Stage, stage

NAMES = {name: f"models/{name}" for name in ("b", "a", "c")}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "stale"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "seed_0.safetensors").touch()
    declared = Declaration(
        {"x_train.names": ["a", "b"], "x_train.idle": 1}, ("models",), ("figures/x", "metrics/x.json", "plots/x.csv")
    )
    return Stage("x", declared)


def test_names_are_split_in_the_order_of_the_experiment():
    assert split(["b", "c", "a"], ["a", "x", "b"], "k") == (["b", "a"], {"c": "not in k"})
    assert split(["b"], {"b": {"weight": 1}}, "k") == (["b"], {})


def test_reasons_are_grouped():
    assert in_words({"a": "not in k", "b": "empty", "c": "not in k"}) == "a, c (not in k), b (empty)"
    assert in_words({}) == ""


def test_only_named_variants_are_evaluated(run):
    assert run.available(NAMES, "x_train.names") == {"b": Path("models/b"), "a": Path("models/a")}
    assert run.left_out == {"c": "not in x_train.names"}
    assert run.log.tags["left_out"] == "c (not in x_train.names)"
    with pytest.raises(NothingToDoError):
        run.available({"stale": "models/stale"}, "x_train.names")


def test_nothing_is_left_out_if_all_are_there(run):
    run.available({"a": "models/a"}, "x_train.names")
    assert "left_out" not in run.log.tags
    with pytest.raises(DeclarationError, match=r"declares what it does not use: figures/x, metrics/x\.json"):
        run.check_used()


def test_a_folder_without_files_is_of_a_stage_that_had_nothing_to_do(run):
    Path("models/b/seed_0.safetensors").unlink()
    assert list(run.available(NAMES, "x_train.names")) == ["a"]
    assert run.left_out == {"c": "not in x_train.names", "b": "its stage had nothing to do"}


def test_a_missing_folder_of_a_named_variant_is_not_left_out(tmp_path):
    assert not is_empty(tmp_path / "gone")


def test_outputs_that_were_not_used_become_empty(run):
    Path("figures/x").mkdir(parents=True)
    Path("figures/x/stale.png").touch()
    run.available(NAMES, "x_train.names")
    run.output("metrics/x.json").write_text('{"a": 1.0}\n')
    run.check_used()
    assert list(Path("figures/x").iterdir()) == []
    assert json.loads(Path("metrics/x.json").read_text()) == {"a": 1.0}
    assert Path("plots/x.csv").read_text() == "step\n"


def test_a_data_set_cannot_be_empty(tmp_path):
    with pytest.raises(TypeError, match=r"a \.npz file cannot be empty"):
        write_empty(tmp_path / "x.npz")


def test_a_stage_with_nothing_to_do_succeeds_and_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    outs = "[figures/size_x, runs/size/size_x.json]"
    (tmp_path / "dvc.yaml").write_text(
        f"stages: {{size_x: {{cmd: x, params: [size_train.names], deps: [models], outs: {outs}, "
        "metrics: [metrics/size_x.json]}}\n"
    )
    (tmp_path / "params.yaml").write_text("size_train: {names: [a]}\n")
    (tmp_path / "models").mkdir()
    (tmp_path / "size_x.py").write_text('"""What it does."""\n')
    monkeypatch.setattr("latentspace.pipeline.stage.announce", lambda log, checkpoints: None)
    monkeypatch.setattr("latentspace.pipeline.stage.post", lambda log: {"stage": log.stage, "execution": "1"})
    with stage(str(tmp_path / "size_x.py")) as run:
        run.available({"b": "models/b"}, "size_train.names")
        raise AssertionError("it goes on")
    assert capsys.readouterr().out == "size_x: nothing to do; left out: b (not in size_train.names)\n"
    assert json.loads(Path("metrics/size_x.json").read_text()) == {}
    assert list(Path("figures/size_x").iterdir()) == []
    record = json.loads(Path("runs/size/size_x.json").read_text())
    assert record == {"stage": "size_x", "execution": "1", "left_out": {"b": "not in size_train.names"}}
