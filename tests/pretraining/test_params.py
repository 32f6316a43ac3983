"""pretraining/params.yaml and its schema."""

import copy
import re

import pytest

from latentspace.gan.network import Generator
from latentspace.pipeline.params import ParamsError, parse, read_yaml
from latentspace.pretraining.params import Folder, Params
from latentspace.pretraining.recipe import Recipe, Source

LICENCE = "research use only"


def test_a_source_scales_every_part_and_nothing_else(recipe):
    longer = recipe.of(Source(length=1.5, batch=2, licence=LICENCE))
    assert [(scale.fade, scale.steady) for scale in longer.scales] == [(0, 36), (12, 24), (9, 15)]
    assert [scale.batch for scale in longer.scales] == [8, 8, 4]
    assert recipe.of(Source(length=1.0, licence=LICENCE)) == recipe
    assert longer.model_dump(exclude={"scales"}) == recipe.model_dump(exclude={"scales"})


def test_images_have_as_many_scales_as_fit(recipe):
    assert recipe.up_to(16) == recipe == recipe.up_to(64)
    assert recipe.up_to(8).widths == recipe.widths[:2]


def test_a_teacher_without_faces_is_refused(root):
    values = read_yaml(root / "pretraining" / "params.yaml")
    del values["gan_faces"]["faces"]
    with pytest.raises(ParamsError, match="gan_faces and gan_teacher must define the same names"):
        parse(Params, values)


def test_shipped_parameters_are_sound(root):
    values = read_yaml(root / "pretraining" / "params.yaml")
    recipe = parse(Recipe, values["gan_pretrain"]["recipe"])
    assert Generator(recipe.latent, recipe.widths).size == 128
    assert Generator(recipe.latent, recipe.up_to(64).widths).size == 64
    for name in values["gan_pretrain"]["names"]:
        parse(Source, values["gan_pretrain"]["sources"][name])
    wrong = copy.deepcopy(values["gan_pretrain"]["recipe"])
    wrong["scales"][0]["fade"] = 10
    with pytest.raises(ParamsError, match=r"scales\[0\]\.fade must be 0"):
        parse(Recipe, wrong)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="no such folder"):
        Folder(path=str(tmp_path / "none"), image_size=16)


def test_the_declared_parameters_are_those_that_the_scripts_read(root):
    folder = root / "pretraining"
    stages = {name: stage.get("do", stage) for name, stage in read_yaml(folder / "dvc.yaml")["stages"].items()}
    for script in (folder / "stages").glob("*.py"):
        text = script.read_text(encoding="utf-8")
        read = {key.replace("{name}", "*") for key in re.findall(r'run\.read\(\w+, f?"([^"]+)"\)', text)}
        read |= {"seeds", "device", "precision"} if "train_and_record" in text else set()
        read |= set(re.findall(r'run\.read_value\("(\w+)"\)', text))
        declared = {re.sub(r"\$\{[\w.]+\}", "*", key) for key in stages[script.stem].get("params", [])}
        assert read == declared, script.stem
