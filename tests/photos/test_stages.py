"""The stages of the photos graph on a tiny generator: what they do is what photos/dvc.yaml declares."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML

from latentspace.gan.formats.traced import traced
from latentspace.nn import models
from latentspace.photos.params import LATENTS, STYLES
from latentspace.pipeline.params import read_yaml

DIMENSIONS = 4


@pytest.fixture
def graph(root, tmp_path, monkeypatch):
    """A copy of photos/ with tiny trainings and generators."""
    for part in ("dvc.yaml", "stages"):
        source, target = root / "photos" / part, tmp_path / part
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    params = read_yaml(root / "photos/params.yaml")
    params["device"] = "cpu"
    train = params["gan_photos_train"]
    train["images"] |= {"train_images": 32, "test_images": 32}
    train["training"] |= {"steps": 2, "batch_size": 8}
    for variant in train["variants"].values():
        variant["anchors"] = variant["anchors"][:1]
    YAML(typ="safe", pure=True).dump(params, tmp_path / "params.yaml")
    made = torch.Generator().manual_seed(0)
    weight = torch.randn(DIMENSIONS, 3 * 64 * 64, generator=made)
    for space, prior in {STYLES: "normal", LATENTS: "sphere"}.items():
        generator = traced(lambda z: (z @ weight).view(-1, 3, 64, 64).tanh(), [DIMENSIONS], (-1.0, 1.0), prior)
        folder = tmp_path / "models/gan/generator" / space
        folder.mkdir(parents=True)
        models.save(generator, folder / "generator.safetensors")
    (tmp_path / "data/code").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr("latentspace.pipeline.tracking.outbox.start_sender", lambda: None)
    return params


def run(script, *arguments, monkeypatch):
    Path(f"data/code/{script}.json").write_text("{}")
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    runpy.run_path(f"stages/{script}.py", run_name="__main__")


def test_trainings_and_comparison_write_what_is_declared(graph, monkeypatch):
    variants = graph["gan_photos_train"]["variants"]
    for name in variants:
        run("gan_photos_train", name, monkeypatch=monkeypatch)
    run("gan_photos_codes", monkeypatch=monkeypatch)
    assert STYLES in variants
    values = json.loads(Path("metrics/gan_photos_codes.json").read_text())
    for space in {STYLES, LATENTS} & set(variants):
        place = f"sigma_0.7_anchor_{variants[space]['anchors'][0]}_seed_0"
        assert {f"{space}.{how}.explained_k3/{place}" for how in ("pca_ae", "affine")} <= values.keys()
        assert -0.3 < values[f"{space}.affine.explained_k3/{place}"] <= 1
    run("gan_photos_claims", monkeypatch=monkeypatch)
    rows = json.loads(Path("metrics/claims.json").read_text())
    assert {row["n"] for row in rows.values()} == {1}, "every claim is measured"
    assert {rows[name]["budget"] for name in rows if name.split(".")[3] in {"pca_ae", "affine"}} == {3 * 2 * 8}
