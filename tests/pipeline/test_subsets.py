"""Any variants of params.yaml, in any order: all evaluations run through to the report, and use no other results."""

import json
import random
import runpy
import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from latentspace.pipeline import bases, declaration
from latentspace.pipeline.params import read_yaml
from latentspace.report.claims import CLAIMS
from latentspace.schema import read_params

pytestmark = pytest.mark.pipeline


def some(rng, names):
    """A non-empty subset in a random order."""
    return rng.sample(list(names), rng.randint(1, len(names)))


def thinned(params, rng):
    """Parameters with some of the variants of every list; modifies and returns `params`."""
    for section in ("size_train", "size_silhouettes", "size_train_silhouette"):
        params[section]["names"] = some(rng, params[section]["names"])
    for section, definitions, key in (
        ("organise_train", "organise_images", "images"),
        ("gan_train", "gan_generator", "generator"),
    ):
        params[definitions]["names"] = kept = some(rng, params[definitions]["names"])
        variants = {name: v for name, v in params[section]["variants"].items() if v[key] in kept}
        params[section]["variants"] = {name: variants[name] for name in some(rng, variants)}
    on = params["organise_train"]["variants"]
    names = [name for name in params["organise_set"]["names"] if name in on and on[name]["images"] == name]
    params["organise_set"]["names"] = names
    return params


def evaluations(names):
    """Stages that evaluate trained networks, in the order of dvc.yaml, and the report."""
    deps = {name: declaration.declaration(name).deps for name in names}
    return [
        name
        for name in names
        if "train" not in name.partition("@")[0] and any(dep.startswith("models") for dep in deps[name])
    ] + ["report"]


@pytest.fixture
def thin(results, tmp_path, monkeypatch):
    """A function that writes thinned parameters into a copy of the smoke-size results, in which a stage can be run."""
    copy = tmp_path / "project"
    shutil.copytree(results, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", ".dvc"))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("DVC_ROOT", str(copy))
    monkeypatch.setattr("latentspace.pipeline.stage.post", lambda log: {"stage": log.stage, "execution": "1"})
    monkeypatch.setattr("latentspace.pipeline.tracking.sending.drain", lambda: None)
    monkeypatch.setattr("latentspace.pipeline.tracking.sending.run_ids", lambda records: {})

    def write(rng):
        params = thinned(bases.read(Path("params.yaml")), rng)
        YAML(typ="safe", pure=True).dump(params, Path("params.yaml"))
        read_params(Path("params.yaml"))
        return params

    return write


@pytest.mark.parametrize("seed", range(2))
def test_any_variants_run_through_to_the_report(thin, monkeypatch, capsys, seed):
    before = read_yaml(Path("params.yaml"))
    params = thin(random.Random(seed))
    for name in evaluations(declaration.selected()):
        script, _, variant = name.partition("@")
        monkeypatch.setattr(sys, "argv", [f"stages/{script}.py", *filter(None, [variant])])
        runpy.run_path(f"stages/{script}.py", run_name="__main__")
        outs = declaration.declaration(name).outs
        assert all(Path(out).exists() for out in outs), f"{name}: {outs}"
    said = capsys.readouterr().out
    rows = json.loads(Path("metrics/claims.json").read_text())
    assert {claim.id for claim in CLAIMS} <= set(rows)
    missing = [name for name, row in rows.items() if "not_measured" in row]
    assert said.strip().endswith(f"; {len(missing)} not measured")
    for chapter, names, every in (
        ("size", params["size_train"]["names"], before["size_train"]["names"]),
        ("organise", params["organise_train"]["variants"], before["organise_train"]["variants"]),
    ):
        measured = {name.split(".")[1] for name, row in rows.items() if name.startswith(f"{chapter}.") and row["n"]}
        assert not measured & (set(every) - set(names)), "numbers of a variant that is not in params.yaml"
    page = Path("report/index.html").read_text()
    for name in set(before["organise_set"]["names"]) - set(params["organise_set"]["names"]):
        assert f"figures/organise_set/{name}/" not in page
