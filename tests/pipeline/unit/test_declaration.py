"""Declarations of dvc.yaml with their templates filled in; tests/test_graph.py compares all of them with DVC's own."""

import pytest

from latentspace.pipeline.declaration import declaration
from latentspace.pipeline.params import ParamsError

PARAMS = """
seeds: [0, 1]
gan:
  names: [a, b]
  sizes: [small, large]
  settings: {steps: 5}
  variants:
    a: {source: x, weight: 1}
    b: {source: y, weight: 2}
"""
STAGES = """
stages:
  plain:
    cmd: python stages/plain.py
    deps: [data/x.npz, "models/${gan.variants.a.source}"]
    params: [seeds, gan.settings, gan.variants.a]
    outs:
      - figures/plain
    metrics:
      - metrics/plain.json: {cache: false}
  each:
    foreach: ${gan.variants}
    do:
      cmd: python stages/each.py ${key}
      deps: ["data/${item.source}.npz"]
      params: [seeds, "gan.variants.${key}"]
      outs: ["models/${key}"]
      plots:
        - plots/${key}.csv: {x: step, title: "of ${key}"}
  crossed:
    matrix:
      size: ${gan.sizes}
      variant: ${gan.names}
    cmd: python stages/crossed.py
    params: ["gan.variants.${item.variant}"]
    outs: ["models/${item.size}/${item.variant}"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.yaml").write_text(STAGES)


def test_a_stage_without_variants():
    found = declaration("plain")
    assert found.params == {
        "seeds": [0, 1],
        "gan.settings": {"steps": 5},
        "gan.variants.a": {"source": "x", "weight": 1},
    }
    assert found.deps == ("data/x.npz", "models/x")
    assert found.outs == ("figures/plain", "metrics/plain.json")
    assert found.own == ()


@pytest.mark.parametrize(("variant", "source", "weight"), [("a", "x", 1), ("b", "y", 2)])
def test_one_stage_for_each_entry_of_a_mapping(variant, source, weight):
    found = declaration(f"each@{variant}")
    assert found.deps == (f"data/{source}.npz",)
    assert found.outs == (f"models/{variant}", f"plots/{variant}.csv")
    assert found.own == (f"gan.variants.{variant}",)
    assert found.params[f"gan.variants.{variant}"] == {"source": source, "weight": weight}


def test_one_stage_for_each_combination():
    found = declaration("crossed@large-b")
    assert found.outs == ("models/large/b",)
    assert found.own == ("gan.variants.b",)


@pytest.mark.parametrize("name", ["nothing", "plain@a", "each", "each@c", "crossed@large"])
def test_a_stage_that_is_not_declared_is_refused(name):
    with pytest.raises(ParamsError, match=f"dvc.yaml: no stage {name}"):
        declaration(name)


def test_a_template_of_a_missing_parameter_is_named(tmp_path):
    (tmp_path / "params.yaml").write_text(PARAMS.replace("names:", "name:"))
    with pytest.raises(ParamsError, match=r"params\.yaml: gan\.names: missing"):
        declaration("crossed@large-b")
