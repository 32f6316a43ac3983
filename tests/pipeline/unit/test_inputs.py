"""The stage `inputs`: a file per variant with what its lines in params.yaml do not hold."""

import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from latentspace.pipeline import inputs
from latentspace.pipeline.declaration import paths
from latentspace.pipeline.params import ParamsError, read_yaml
from latentspace.schema import Params

PARAMS = {
    "seeds": [0],
    "organise_images": {
        "names": ["mine", "drawn"],
        "sets": {"mine": {"path": "photos", "image_size": 16}, "drawn": {"path": None}, "unused": {"path": "gone"}},
    },
    "gan_train": {
        "variants": {
            "a": {"generator": "x", "anchors_file": "anchors.npy", "weight": 1.0, "steps": 3},
            "b": {"base": "a", "generator": "x", "steps": 4},
        }
    },
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/1.png").touch()
    (tmp_path / "anchors.npy").touch()
    return tmp_path


def test_a_variant_has_the_digests_of_its_files_and_the_values_of_its_base():
    found = inputs.contents(PARAMS)
    assert set(found) == {f"{name}.json" for name in ("organise_images/mine", "organise_images/drawn")} | {
        "gan_train/a.json",
        "gan_train/b.json",
    }
    assert set(found["organise_images/mine.json"]["content_of"]) == {"path"}
    assert found["organise_images/drawn.json"] == {"base": {}, "content_of": {}}
    assert found["gan_train/a.json"]["base"] == {}
    assert found["gan_train/b.json"] == {
        "base": {"weight": 1.0, "anchors_file": "anchors.npy"},
        "content_of": found["gan_train/a.json"]["content_of"],
    }


def test_nothing_is_written_twice_and_what_is_gone_is_deleted(here):
    folder = here / "data/inputs"
    found = inputs.contents(PARAMS)
    inputs.write(folder, found)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    inputs.write(folder, found)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")} == times and len(times) == 4
    del found["gan_train/b.json"]
    inputs.write(folder, found)
    assert len(list(folder.rglob("*.json"))) == 3


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"sets": {"x": {"path": "gone"}}}, "s.sets.x.path: gone: no such file or folder"),
        ({"sources": {"x": {"zoo": {"file": "gone"}}}}, "s.sources.x.zoo.file: gone: no such file or folder"),
        ({"names": ["y"], "variants": {}}, "s.variants.y: missing"),
        ({"variants": {"x": 3}}, "s.variants.x: expected a mapping"),
    ],
)
def test_what_is_wrong_is_named(section, says):
    with pytest.raises(ParamsError, match=f"^params.yaml: {says}$"):
        inputs.contents({"s": section})


def fields(schema: type[BaseModel], where: str = "") -> dict[str, object]:
    """All fields of params.yaml with their types; names of variants as ``*``."""
    found = {}
    for name, field in schema.model_fields.items():
        for kind, inside in nested(field.annotation):
            found |= fields(kind, f"{where}{name}.{'*.' if inside else ''}")
        found[where + name] = field
    return found


def nested(annotation: object, inside: bool = False) -> list[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, inside)]
    inside = inside or typing.get_origin(annotation) is dict
    return [found for part in typing.get_args(annotation) for found in nested(part, inside)]


def named_path(field: object) -> bool:
    return mentions_path(field.annotation)


def mentions_path(annotation: object) -> bool:
    """Whether a type is that of a path, or of a list of them, or either of these or another."""
    return annotation is Path or any(map(mentions_path, typing.get_args(annotation)))


def test_every_parameter_that_names_a_file_is_digested():
    found = {name: field for name, field in fields(Params).items() if name.rpartition(".")[2] in inputs.PATHS}
    assert set(found) == {
        "organise_images.sets.*.path",
        "gan_generator.sources.*.path",
        "gan_generator.sources.*.zoo.file",
        "gan_generator.sources.*.exported",
        "gan_generator.sources.*.torchscript",
        "gan_generator.sources.*.onnx",
        "gan_train.variants.*.anchors_from",
        "gan_train.variants.*.anchors_file",
    }
    assert {name for name, field in fields(Params).items() if named_path(field)} == set(found)
    assert not [name for name in set(fields(Params)) - set(found) if name.endswith(("path", "file", "folder", "dir"))]
    assert {name.split(".")[1] for name in found} <= set(inputs.DEFINITIONS)


def test_every_stage_with_variants_of_its_own_depends_on_their_inputs(root):
    """Also one that declares a variant of another stage, as values of its base may change."""
    stages = {name: stage.get("do", stage) for name, stage in read_yaml(root / "dvc.yaml")["stages"].items()}
    for name, stage in stages.items():
        wanted = set()
        for key in stage.get("params", []):
            section, *rest = key.split(".", 2)
            if len(rest) == 2 and rest[0] in inputs.DEFINITIONS:
                wanted.add(f"{inputs.FOLDER}/{section}/{rest[1]}.json")
        assert wanted == {dep for dep in paths(stage["deps"]) if dep.startswith(f"{inputs.FOLDER}/")}, name
