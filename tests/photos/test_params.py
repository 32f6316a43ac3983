"""photos/params.yaml and its schema."""

import copy
import re

import pytest

from latentspace.photos.params import LATENTS, STYLES, Params
from latentspace.pipeline.params import ParamsError, parse, read_yaml


@pytest.fixture
def values(root):
    return copy.deepcopy(read_yaml(root / "photos" / "params.yaml"))


@pytest.mark.parametrize("space", [STYLES, LATENTS])
def test_shipped_parameters_are_sound_and_both_methods_have_the_same_budget(values, space):
    variants = parse(Params, values).gan_photos_train.variants
    ours, lines = variants[space], variants[f"{space}_affine"]
    assert (ours.method, lines.method) == ("pca_ae", "affine")
    for key in ("generator", "anchors", "sigmas", "packet_sizes", "steps", "shares", "seeds"):
        assert getattr(ours, key) == getattr(lines, key)


def test_names_that_do_not_exist_are_refused(values):
    values["gan_photos_train"]["variants"]["styles"]["generator"] = "other"
    with pytest.raises(ParamsError, match=r"styles\.generator must be styles or latents"):
        parse(Params, values)


def test_a_picture_of_a_variant_that_does_not_exist_is_refused(values):
    values["gan_photos_shown"]["names"] = ["other"]
    with pytest.raises(ParamsError, match="lists 'other'"):
        parse(Params, values)


def test_the_declared_parameters_are_those_that_the_scripts_read(root):
    folder = root / "photos"
    stages = {name: stage.get("do", stage) for name, stage in read_yaml(folder / "dvc.yaml")["stages"].items()}
    for script in (folder / "stages").glob("*.py"):
        text = script.read_text(encoding="utf-8")
        read = {key.replace("{name}", "*") for key in re.findall(r'run\.read(?:_value)?\(.*?f?"([^"]+)"\)', text)}
        read |= {"seeds", "device", "precision"} if "train_and_record" in text else set()
        read |= {"seeds", "gan_photos_train.variants"} if "trained(run)" in text else set()
        declared = {re.sub(r"\$\{[\w.]+\}", "*", key) for key in stages[script.stem].get("params", [])}
        assert read == declared, script.stem
