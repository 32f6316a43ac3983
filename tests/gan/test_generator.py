"""Generators from a file of ours or of the zoo, and their samples."""

from pathlib import Path

import pytest
import torch

from latentspace.gan import generator, zoo, zoo_import
from latentspace.gan.network import Generator, load_generator
from latentspace.gan.params import Source, ZooSource
from latentspace.nn import models
from latentspace.pca.networks import DenseNetwork


def test_a_generator_of_ours_is_copied(tmp_path):
    torch.manual_seed(0)
    made = Generator(8, [6, 4])
    models.save(made.half(), tmp_path / "mine.safetensors")
    target = tmp_path / "there" / "generator.safetensors"
    found = generator.obtain(Source(path=str(tmp_path / "mine.safetensors")), target)
    assert torch.equal(found.formatLayer.module.weight, made.formatLayer.module.weight.float())
    assert load_generator(target).config == made.config


def test_a_zoo_file_is_converted(tmp_path):
    torch.manual_seed(0)
    made = Generator(8, [6, 4], classes=3)
    zoo.write(tmp_path / "zoo.pth", made, old_keys=False, legacy=False)
    target = tmp_path / "tiny" / "generator.safetensors"
    generator.obtain(Source(zoo=ZooSource(file=str(tmp_path / "zoo.pth"))), target)
    assert target.with_suffix(".json").exists()
    again = load_generator(target).state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in made.state_dict().items())


@pytest.mark.parametrize("content", [b"short", "another network"])
def test_a_bad_weight_file_is_named_and_nothing_is_overwritten(tmp_path, content):
    path, target = tmp_path / "bad.safetensors", tmp_path / "generator.safetensors"
    target.write_bytes(b"as it was")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        models.save(DenseNetwork(2, 3, 1), path)
    with pytest.raises(ValueError, match=r"bad\.safetensors: "):
        generator.obtain(Source(path=str(path)), target)
    assert target.read_bytes() == b"as it was"


@pytest.mark.parametrize("classes", [0, 3])
def test_the_experiment_shows_samples(tmp_path, classes):
    torch.manual_seed(0)
    made = Generator(8, [6, 4], classes)
    found = generator.experiment(made)
    parameters = sum(tensor.numel() for tensor in made.state_dict().values())
    assert {row.key: row.value for row in found.rows} == {"parameters": parameters, "image_size": 8}
    found.pictures["samples.png"].save(tmp_path / "samples.png")


def test_a_release_is_downloaded_once_for_all_copies_of_a_project(tmp_path, monkeypatch):
    torch.manual_seed(0)
    made, there = Generator(8, [6, 4]), tmp_path / "there"
    there.mkdir()
    zoo.write(there / "zoo.pth", made, old_keys=False, legacy=False)
    file = f"celeba-{zoo_import.sha256(there / 'zoo.pth')[:8]}.pth"
    (there / "zoo.pth").rename(there / file)
    known = zoo_import.Release(file, made.size, len(made.state_dict()), models.parameter_count(made))
    monkeypatch.setitem(zoo_import.RELEASES, "celeba", known)
    monkeypatch.setattr(zoo_import, "ADDRESS", there.as_uri() + "/")
    project = tmp_path / "project"
    monkeypatch.setenv("DVC_ROOT", str(project))
    for copy in ("first", "second"):
        (project / copy).mkdir(parents=True)
        monkeypatch.chdir(project / copy)
        found = generator.obtain(Source(zoo=ZooSource(release="celeba", download=True)), Path("generator.safetensors"))
        assert torch.equal(found.formatLayer.module.weight, made.formatLayer.module.weight)
        (there / file).unlink(missing_ok=True)
    assert [path.name for path in (project / ".downloads").iterdir()] == [file]
    (project / ".downloads" / file).write_bytes(b"damaged since")
    with pytest.raises(ValueError, match="cannot be downloaded"):
        generator.obtain(Source(zoo=ZooSource(release="celeba", download=True)), Path("generator.safetensors"))
