"""Codes of other lengths than those of params.yaml, from the images to the figures of the organise chapter."""

import json
import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image
from ruamel.yaml import YAML

from latentspace.pipeline import bases, declaration, dependencies, quick

pytestmark = pytest.mark.pipeline

PACKETS = {
    "short": {
        "pca_ae": [1],
        "grown": [2],
        "nested_dropout": [1],
        "linear_pca": [5],
        "components_6": [2],
        "packets_2_1": [1],
        "packets_1_2": [1, 1],
        "circular_covariance": [1],
        "digits": [2],
    },
    "long": {
        "pca_ae": [3, 1, 2],
        "grown": [10],
        "authors_ellipses": [2, 2],
        "beta_vae": [7],
        "linear_pca": [9],
        "components_6": [1] * 10,
        "packets_2_1": [4, 1],
        "packets_1_1_1": [1] * 6,
        "circular_distance_correlation": [2, 6],
        "digits": [10],
    },
}


@pytest.fixture
def stages(root, tmp_path, monkeypatch):
    """A function that runs all stages of the organise chapter in a smoke-size copy, with the given packets."""
    copy = tmp_path / "project"
    quick.prepare(root, copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("DVC_ROOT", str(copy))
    monkeypatch.setattr("latentspace.pipeline.stage.post", lambda log: {"stage": log.stage, "execution": "1"})

    def run(packets):
        params = YAML(typ="safe", pure=True).load(Path("params.yaml"))
        completed = bases.completed(params)["organise_train"]["variants"]
        for name, sizes in packets.items():
            definition = completed[name]
            definition |= {"packet_sizes": sizes}
            for key in ("shares", "code_noise", "min_seeds"):
                definition.pop(key, None)
        params["organise_train"]["variants"] = {name: completed[name] for name in packets}
        params["seeds"] = [0]
        YAML(typ="safe", pure=True).dump(params, Path("params.yaml"))
        dependencies.main("data/code")
        for name in ["check", "inputs", *(n for n in declaration.selected() if n.startswith("organise"))]:
            script, _, variant = name.partition("@")
            monkeypatch.setattr(sys, "argv", [f"stages/{script}.py", *filter(None, [variant])])
            runpy.run_path(f"stages/{script}.py", run_name="__main__")

    return run


@pytest.mark.parametrize("packets", PACKETS.values(), ids=PACKETS)
def test_every_length_goes_through_every_stage(stages, packets):
    stages(packets)
    for stage, names in (
        ("codes", {"pca_ae", "plain", "linear_pca", "grown"}),
        ("sweep", {"grown", "components_6"}),
        ("packets", {"packets"}),
    ):
        metrics = json.loads(Path(f"metrics/organise_{stage}.json").read_text())
        lengths = {name: sum(packets[{"packets": "packets_2_1", "plain": "pca_ae"}.get(name, name)]) for name in names}
        assert {f"{name}.mse_k{k}/seed_0" for name, k in lengths.items()} <= set(metrics)
        assert not {f"{name}.mse_k{k + 1}/seed_0" for name, k in lengths.items()} & set(metrics)
    for chapter in ("codes", "sweep", "packets", "circular", "explorer", "set/digits"):
        for path in Path(f"figures/organise_{chapter}").glob("*.[pgw]*"):
            with Image.open(path) as picture:
                picture.load()
    explorer = json.loads(Path("figures/organise_explorer/ellipses.json").read_text())
    assert [len(view["labels"]) for view in explorer["views"]] == [sum(packets["pca_ae"])] * 2
