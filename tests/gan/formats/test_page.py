"""The examples of docs/your-generator.md, run in their order."""

import re
import warnings
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML

from latentspace.gan import generator
from latentspace.gan.inputs import load_frozen
from latentspace.gan.neighbourhood import drawn_anchors
from latentspace.gan.params import Source, Variant

PAGE = (Path(__file__).parents[3] / "docs/your-generator.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The names that the page's Python defines, and the folder of the files that it writes."""
    folder, space = tmp_path_factory.mktemp("page"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporters, about their own future
            exec("\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)), space)
    return space, folder


def test_the_library_organises_the_generator(ran):
    space, _ = ran
    assert space["codes"].shape == (512, 2)
    assert space["images"].shape == (512, 3, 16, 16)


def test_every_source_of_the_page_gives_the_same_generator(ran, tmp_path):
    space, folder = ran
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    params = YAML(typ="safe", pure=True).load(block)
    Variant(**params["gan_train"]["variants"]["mine"])
    first = params["gan_generator"]["sources"]["mine"]
    common = {key: first[key] for key in ("prior", "range")}
    others = [{"torchscript": "mine.pt", "latent": 16} | common, {"onnx": "mine.onnx"} | common]
    latents = drawn_anchors(16, range(5), "normal")
    with torch.no_grad():
        wanted = 2 * space["generator"](latents) - 1
    for source in (first, *others):
        named = {
            key: str(folder / value) if key in {"exported", "torchscript", "onnx"} else value
            for key, value in source.items()
        }
        generator.obtain(Source(**named), tmp_path / "generator.safetensors")
        frozen = load_frozen(tmp_path / "generator.safetensors")
        assert frozen.prior == "normal"
        assert torch.allclose(frozen(latents), wanted, atol=1e-5)


@pytest.mark.parametrize("latent", [8, 17])
def test_another_length_than_the_files_is_refused(ran, tmp_path, latent):
    _, folder = ran
    for source in ({"exported": str(folder / "mine.pt2")}, {"onnx": str(folder / "mine.onnx")}):
        with pytest.raises(ValueError, match=f"latent = {latent}"):
            generator.obtain(Source(**source, latent=latent), tmp_path / "generator.safetensors")
    assert not (tmp_path / "generator.safetensors").exists()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({}, "give one of path"),
        ({"exported": "mine.pt2", "onnx": "mine.onnx"}, "give one of path"),
        ({"torchscript": "mine.pt"}, "give latent too"),
        ({"exported": "mine.pt2", "range": [1, 0]}, "must be the smaller"),
        ({"exported": "mine.pt2", "range": [0, 0.5, 1]}, "at most 2"),
        ({"exported": "mine.pt2", "prior": "uniform"}, "'sphere' or 'normal'"),
        ({"path": "mine.pt2", "prior": "normal"}, "only for exported"),
        ({"exported": "nothing.pt2"}, "no such file"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused_with_the_reason(ran, monkeypatch, source, says):
    monkeypatch.chdir(ran[1])
    monkeypatch.setenv("DVC_ROOT", str(ran[1]))
    with pytest.raises(ValueError, match=says):
        Source(**source)
