"""Files that params.yaml names and bases of variants: a change of either makes the stages that use it stale."""

import os
import re
import shutil
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML

from latentspace.gan import zoo
from latentspace.gan.network import Generator
from latentspace.nn import models
from latentspace.pipeline import flat, inputs, quick
from latentspace.pipeline.params import read_yaml

from ..smoke import dvc

pytestmark = pytest.mark.pipeline

SETTINGS = {"images": "mine", "packet_sizes": [1, 1], "steps": 20}
OWN = {
    "organise_images": {
        "names": ["mine"],
        "sets": {"mine": {"kind": "folder", "path": "photos", "image_size": 16, "train_images": 32, "test_images": 8}},
    },
    "organise_train": {
        "variants": {
            "mine": dict(SETTINGS),
            "second": {"base": "mine", "images": "mine", "weight": 0.0},
            "third": {"base": "second", "images": "mine", "steps": 10},
            "apart": dict(SETTINGS),
        }
    },
    "gan_generator": {
        "names": ["avatars", "faces", "ours", "zoo"],
        "sources": {"ours": {"path": "{outside}/ours.safetensors"}, "zoo": {"zoo": {"file": "zoo.pth"}}},
    },
    "gan_train": {
        "variants": {
            "near": {"generator": "ours", "anchors": [0], "anchors_file": "anchors.npy", "packet_sizes": [1, 1]},
            "far": {"base": "near", "generator": "zoo", "sigmas": [2.0]},
            "drawn": {"generator": "zoo", "anchors": [1], "packet_sizes": [1, 1]},
        }
    },
}
TARGETS = [
    *(f"organise_train@{name}" for name in OWN["organise_train"]["variants"]),
    *(f"gan_generator@{name}" for name in OWN["gan_generator"]["names"]),
    *(f"gan_train@{name}" for name in OWN["gan_train"]["variants"]),
]
LATENT = 8


def photos(folder: Path, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, pixels in enumerate(np.random.default_rng(seed).integers(0, 256, (40, 16, 16), dtype=np.uint8)):
        Image.fromarray(pixels).save(folder / f"{number}.bmp")  # all of one size


def generator(path: Path, seed: int) -> None:
    torch.manual_seed(seed)
    made = Generator(LATENT, [6, 4])
    if path.suffix == ".pth":
        zoo.write(path, made, old_keys=False, legacy=False)
    else:
        models.save(made, path)


def anchors(path: Path, seed: int) -> None:
    np.save(path, np.random.default_rng(seed).standard_normal((2, LATENT), dtype=np.float32))


def set_params(project: Path, patch: dict) -> None:
    params = quick.overlay(read_yaml(project / "params.yaml"), patch)
    YAML(typ="safe", pure=True).dump(params, project / "params.yaml")


def commit(project: Path, what: str) -> None:
    quick.run(project, "git", "add", what)
    quick.run(project, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "state")


@pytest.fixture(scope="module")
def prepared(root, tmp_path_factory) -> Path:
    """A smoke-size copy with untracked files of the user, in which nothing has run."""
    project, outside = tmp_path_factory.mktemp("own") / "project", tmp_path_factory.mktemp("outside")
    quick.prepare(root, project)
    params = read_yaml(project / "params.yaml")
    for section in ("organise_images", "organise_train", "gan_train"):
        params[section].pop("variants", params[section].pop("sets", None))
    OWN["gan_generator"]["sources"]["ours"]["path"] = str(outside / "ours.safetensors")
    params["organise_set"]["names"] = ["mine"]
    YAML(typ="safe", pure=True).dump(params, project / "params.yaml")
    set_params(project, OWN)
    commit(project, ".")
    photos(project / "photos", 0)
    generator(outside / "ours.safetensors", 0)
    generator(project / "zoo.pth", 1)
    anchors(project / "anchors.npy", 0)
    return project


@pytest.fixture(scope="module")
def own(prepared) -> Path:
    """The same, after the stages that use the user's files have run."""
    dvc(prepared, "repro", *TARGETS)
    commit(prepared, "dvc.lock")
    return prepared


def executed(said: str) -> set[str]:
    return set(re.findall(r"Running stage '([^']+)'", said)) - {"code", "check", "inputs"}


def stale(project: Path) -> dict[str, str]:
    """What `make status` says about the stages that have run and are not up to date."""
    said = quick.run(project, "python", "-m", "latentspace.pipeline.status", quiet=True).stdout
    lines = [re.split(r"  +", line)[:2] for line in said.splitlines() if "  " in line]
    found = {name: state for name, state in lines if state not in {"up to date", "never run"}}
    assert f"{len(lines) - sum(state == 'up to date' for _, state in lines)} of {len(lines)} stages are not" in said
    return found


def contents(project: Path) -> dict[str, dict]:
    """What the stage `inputs` would write, flat, by the name of the stage that depends on it."""
    with chdir(project):
        found = inputs.contents(read_yaml(Path("params.yaml")))
    return {path.removesuffix(".json").replace("/", "@"): dict(flat.flatten(values)) for path, values in found.items()}


def changed(before: dict[str, dict], after: dict[str, dict]) -> dict[str, set[str]]:
    found = {
        name: {key for key in {*before[name], *after[name]} if before[name].get(key) != after[name].get(key)}
        for name in before
    }
    return {name: keys for name, keys in found.items() if keys}


def replace(path: Path, seed: int) -> None:
    """Other content of the same size, with the same times of modification."""
    before = {file: file.stat() for file in [path, *path.rglob("*")]}
    if path.name == "photos":
        photos(path, seed)
    elif path.suffix == ".bmp":
        Image.new("L", (16, 16), seed).save(path)
    elif path.suffix == ".npy":
        anchors(path, seed)
    else:
        generator(path, seed)
    for file, status in before.items():
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


READ = {
    "photos": {"organise_images@mine": {"content_of.path"}},
    "photos/7.bmp": {"organise_images@mine": {"content_of.path"}},
    "ours.safetensors": {"gan_generator@ours": {"content_of.path"}},
    "zoo.pth": {"gan_generator@zoo": {"content_of.zoo.file"}},
    "assets/faces.safetensors": {"gan_generator@faces": {"content_of.path"}},
    "anchors.npy": {"gan_train@near": {"content_of.anchors_file"}, "gan_train@far": {"content_of.anchors_file"}},
}


def path_of(project: Path, name: str) -> Path:
    ours = Path(OWN["gan_generator"]["sources"]["ours"]["path"])
    return ours if name == ours.name else project / name


@pytest.mark.parametrize("name", READ)
def test_replaced_content_concerns_exactly_the_stages_that_read_it(prepared, name, tally):
    before = contents(prepared)
    path = path_of(prepared, name)
    copy = path.with_name(f"{path.name}.before")
    shutil.copytree(path, copy) if path.is_dir() else shutil.copy2(path, copy)
    replace(path, 9)
    assert changed(before, contents(prepared)) == READ[name]
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    copy.replace(path)
    assert contents(prepared) == before
    tally.add("replaced files of the user noticed")


@pytest.mark.parametrize(
    ("change", "variants"),
    [
        ({"mine": {"steps": 15}}, {"second": {"base.steps"}}),
        ({"mine": {"restarts": 2}}, {"second": {"base.restarts"}, "third": {"base.restarts"}}),
        ({"mine": {"weight": 0.5}}, {}),
        ({"second": {"code_noise": 0.1}}, {"third": {"base.code_noise"}}),
        ({"third": {"code_noise": 0.1}}, {}),
    ],
)
def test_a_change_of_a_base_reaches_the_variants_that_do_not_say_otherwise(prepared, change, variants):
    params = prepared / "params.yaml"
    text, before = params.read_bytes(), contents(prepared)
    set_params(prepared, {"organise_train": {"variants": change}})
    after = contents(prepared)
    params.write_bytes(text)
    assert changed(before, after) == {f"organise_train@{name}": keys for name, keys in variants.items()}


@pytest.mark.faults
def test_status_says_what_is_stale_before_anything_has_run(own):
    assert stale(own) == {}
    text = (own / "params.yaml").read_bytes()
    replace(own / "photos", 1)
    replace(own / "anchors.npy", 1)
    set_params(own, {"organise_train": {"variants": {"mine": {"steps": 15}}}})
    found = stale(own)
    (own / "params.yaml").write_bytes(text)
    assert found == {
        "organise_images@mine": "changed: content_of.path",
        "organise_train@mine": "changed: params.yaml: organise_train.variants.mine",
        "organise_train@second": "changed: base.steps",
        "gan_train@near": "changed: content_of.anchors_file",
        "gan_train@far": "changed: content_of.anchors_file",
    }


@pytest.mark.faults
def test_what_was_replaced_is_rerun_with_what_depends_on_it(own, tally):
    for name in ("ours.safetensors", "zoo.pth", "assets/faces.safetensors"):
        replace(path_of(own, name), 2)
    trained = {f"{stage}@{name}" for stage in ("organise_train", "gan_train") for name in OWN[stage]["variants"]}
    generators = {f"gan_generator@{name}" for name in ("ours", "zoo", "faces")}
    wanted = {"organise_images@mine"} | generators | trained
    assert executed(dvc(own, "repro", *TARGETS)) == wanted
    assert executed(dvc(own, "repro", *TARGETS)) == set()
    tally.add("stages rerun after files of the user were replaced", len(wanted))


@pytest.mark.faults
def test_an_experiment_changes_a_base_for_all_variants_in_a_copy_without_untracked_files(own):
    settings = ["-S", "organise_train.variants.mine.steps=15", "-S", "+gan_train.variants.near.weight=0.5"]
    said = dvc(own, "exp", "run", "--temp", *settings, "organise_train@second", "gan_train@far", "gan_generator@ours")
    assert executed(said) >= {"organise_train@second", "gan_train@far"}
    assert not executed(said) & {"organise_images@mine", "gan_generator@zoo", "gan_generator@ours"}
    assert stale(own) == {}


@pytest.mark.faults
def test_a_file_that_is_gone_is_named_and_outputs_stay(own, tally):
    before = {path: path.read_bytes() for path in (own / "data").rglob("*.json")}
    moved = (own / "zoo.pth").rename(own / "elsewhere.pth")
    done = quick.run(own, "dvc", "repro", "gan_train@drawn", check=False, quiet=True)
    moved.rename(own / "zoo.pth")
    assert done.returncode != 0
    errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("error")]
    assert errors == ["error: inputs: params.yaml: gan_generator.sources.zoo.zoo.file: zoo.pth: no such file or folder"]
    assert {path: path.read_bytes() for path in (own / "data").rglob("*.json")} == before
    tally.add("missing files of the user named, no output touched")


@pytest.mark.faults
def test_a_folder_of_pretraining_is_a_dependency(own, root, tally):
    shutil.copytree(root / "pretraining/stages", own / "pretraining/stages")
    shutil.copy(root / "pretraining/dvc.yaml", own / "pretraining/dvc.yaml")
    shutil.copy(root / "pretraining/params.yaml", own / "pretraining/params.yaml")
    photos(own / "faces", 0)
    set_params(own / "pretraining", {"gan_folder": {"crops": {"path": "../faces", "image_size": 16}}})
    repro = ("--cd", "pretraining", "repro", "gan_folder@crops")
    dvc(own, *repro)
    assert executed(dvc(own, *repro)) == set()
    photos(own / "faces", 1)
    assert executed(dvc(own, *repro)) == {"gan_folder@crops"}
    tally.add("replaced files of the user noticed")
