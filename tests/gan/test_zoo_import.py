"""Import of the zoo's files: shapes, configurations, releases, downloads."""

import pytest
import torch

from latentspace.gan import params, zoo, zoo_import
from latentspace.gan.network import Generator
from latentspace.nn import models


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(12, [8, 6, 4])


def test_fading_file(tmp_path, generator):
    generator.alpha = 0.3
    zoo.write(tmp_path / "g.pth", generator, old_keys=False, legacy=False)
    read = zoo_import.read(tmp_path / "g.pth")
    assert read.alpha == 0.3
    assert zoo_import.max_difference(read, torch.randn(2, 12)) < 1e-10


@pytest.mark.parametrize("name", zoo_import.RELEASES)
def test_counts_of_the_released_generators(name):
    latent, classes, widths = zoo.SHAPES[name]
    with torch.device("meta"):
        generator = Generator(latent, widths, classes)
    zoo_import._check_release(generator, name)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("form", ["state", "parallel", "parameters", "dict", "half", "double", "views"])
def test_what_pytorch_writes_is_read(tmp_path, generator, form, legacy, protocol):
    weights = generator.state_dict()
    if form == "parallel":
        weights = torch.nn.DataParallel(generator).state_dict()
        assert all(key.startswith("module.") for key in weights)
    elif form == "parameters":
        weights = dict(generator.named_parameters())
    elif form == "dict":
        weights = dict(weights)
    elif form in {"half", "double"}:
        weights = {key: getattr(tensor, form)() for key, tensor in weights.items()}
    elif form == "views":
        flat = torch.cat([tensor.flatten() for tensor in weights.values()])
        parts = flat.split([tensor.numel() for tensor in weights.values()])
        weights = {key: part.view_as(weights[key]) for key, part in zip(weights, parts, strict=True)}
    contents = {"netG": weights, "config": {"alpha": 0.0, "attribKeysOrder": None}, "tmp": {"state": {0: {"step": 1}}}}
    path = tmp_path / "g.pth"
    torch.save(contents, path, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    read = zoo_import.read(path)
    for key, tensor in generator.state_dict().items():
        assert torch.equal(read.state_dict()[key], tensor.half().float() if form == "half" else tensor)


def test_prefixes_are_those_of_all_keys_or_of_none(tmp_path, generator):
    weights = {f"module.{key}" if "RGB" in key else key: tensor for key, tensor in generator.state_dict().items()}
    torch.save({"netG": weights}, tmp_path / "g.pth")
    with pytest.raises(ValueError, match=r"g\.pth: not a generator of the GAN zoo: "):
        zoo_import.read(tmp_path / "g.pth")


GENDER = {"order": 0, "values": ["M", "W"]}


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Main": {"order": 0, "values": ["a", "b", "c"]}}, None),
        ({"Gender": GENDER, "Hair": {"order": 1, "values": ["long"]}}, r"2 attributes \('Gender', 'Hair'\); one list"),
        ({"Gender": GENDER}, "counts 3 classes and names others"),
        ({"Gender": 3}, "counts 3 classes and names others"),
        ("Gender", "3 classes of 'Gender'"),
    ],
)
def test_classes_are_one_list(tmp_path, attributes, reason):
    torch.manual_seed(0)
    made, path = Generator(12, [8, 6], classes=3), tmp_path / "g.pth"
    config = {"categoryVectorDim": 3, "attribKeysOrder": attributes}
    zoo.write(path, made, old_keys=False, legacy=False, config=config)
    if reason is None:
        assert zoo_import.read(path).classes == 3
    else:
        with pytest.raises(ValueError, match=rf"g\.pth: .*{reason}"):
            zoo_import.read(path)


def test_file_of_another_release_is_refused(tmp_path, generator):
    zoo.write(tmp_path / "g.pth", generator, old_keys=False, legacy=False)
    with pytest.raises(ValueError, match=r"g\.pth: .* 18 tensors.*celeba has 36"):
        zoo_import.read(tmp_path / "g.pth", release="celeba")


@pytest.mark.parametrize("config", [{}, {"alpha": 0}, {"attribKeysOrder": None, "categoryVectorDim": None}])
def test_missing_attributes_are_inferred(tmp_path, generator, config):
    zoo.write(tmp_path / "g.pth", generator, old_keys=True, legacy=True, config=config)
    assert zoo_import.read(tmp_path / "g.pth").config == generator.config


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"latentVectorDim": 512}, "latent size 512, its weights 12"),
        ({"equalizedlR": False}, "equalizedlR"),
        ({"lossCriterion": "DCGAN"}, "lossCriterion"),
        ({"lossCriterion": ["DCGAN"]}, "lossCriterion = a list"),
        ({"latentVectorDim": ((12,),)}, "latent size a tuple"),
        ({"alpha": float("nan")}, "alpha = nan"),
        ({"alpha": -5.0}, "alpha = -5"),
        ({"alpha": 1e300}, "alpha = 1e"),
        ({"alpha": [0.0]}, "alpha"),
        ({"categoryVectorDim": -3}, "classes = -3"),
        ({"categoryVectorDim": 10**9}, "latent = -"),
        ({"categoryVectorDim": "3"}, "'3' classes"),
    ],
)
def test_configs_that_do_not_fit_are_refused(tmp_path, generator, config, reason):
    zoo.write(tmp_path / "g.pth", generator, old_keys=False, legacy=False, config=config)
    with pytest.raises(ValueError, match=rf"g\.pth: .*{reason}"):
        zoo_import.read(tmp_path / "g.pth")


def test_either_network_by_choice(tmp_path, generator):
    weights = generator.state_dict()
    torch.save({"netG": weights, "avgG": {k: 2 * v for k, v in weights.items()}}, tmp_path / "g.pth")
    a, b = (zoo_import.read(tmp_path / "g.pth", network).state_dict() for network in ("netG", "avgG"))
    assert all(torch.equal(2 * a[key], b[key]) for key in a)
    torch.save({"netG": weights}, tmp_path / "one.pth")
    with pytest.raises(ValueError, match=r"one\.pth: .*no avgG"):
        zoo_import.read(tmp_path / "one.pth", "avgG")


def test_conversion_writes_both_files_and_a_failed_one_neither(tmp_path, generator):
    zoo.write(tmp_path / "g.pth", generator, old_keys=False, legacy=True)
    target = tmp_path / "out" / "g.safetensors"
    zoo_import.convert(tmp_path / "g.pth", target)
    again = models.load(target)
    z = torch.randn(2, 12)
    assert torch.equal(again(z), generator(z))
    before = target.read_bytes(), target.with_suffix(".json").read_bytes()
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"bad\.pth"):
        zoo_import.convert(tmp_path / "bad.pth", target)
    assert before == (target.read_bytes(), target.with_suffix(".json").read_bytes())


def test_no_network_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo_import, "ADDRESS", "http://127.0.0.1:9/")
    with pytest.raises(ValueError, match=r"6196db68\.pth: cannot be downloaded"):
        zoo_import.fetch("celebAHQ-256", tmp_path)
    assert not list(tmp_path.iterdir())


def test_download_of_something_else_is_refused(tmp_path, monkeypatch):
    source = tmp_path / "there"
    source.mkdir()
    (source / zoo_import.RELEASES["celeba"].file).write_bytes(b"not this")
    monkeypatch.setattr(zoo_import, "ADDRESS", source.as_uri() + "/")
    with pytest.raises(ValueError, match="is not this file"):
        zoo_import.fetch("celeba", tmp_path / "here")
    assert not list((tmp_path / "here").iterdir())


def test_source_needs_a_file_or_a_download(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="give a file"):
        params.ZooSource(release="celeba")
    assert params.ZooSource(release="celeba", download=True).network == "netG"
    cached = tmp_path / zoo_import.RELEASES["celeba"].file
    cached.write_bytes(b"there already")
    monkeypatch.setattr(zoo_import, "sha256", lambda _: "2b0acc76")
    assert zoo_import.locate(params.ZooSource(release="celeba", download=True), tmp_path) == cached
    assert zoo_import.locate(params.ZooSource(file=cached), tmp_path) == cached
