"""Settings of generators and neighbourhoods: wrong ones are refused by name."""

from pathlib import Path

import pytest

from latentspace.gan.params import Source, Train, Variant
from latentspace.pipeline.params import ParamsError, parse, read_yaml


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"anchors": []}, "anchors"),
        ({"anchors": [1, 1]}, "distinct"),
        ({"anchors": [-1]}, r"anchors\.0 = -1: must be in 0 … 4294967295"),
        ({"sigmas": [0.7, 0.70000001]}, "distinct in their first six digits"),
        ({"sigmas": [1e-4]}, r"sigmas\.0 = 0\.0001: must be in 0\.001 … 100: with less, half precision hides"),
        ({"packet_sizes": [6, 5]}, r"packet_sizes = \[6, 5\]: 11 components; figures show 1 … 10"),
        ({"shares": [1e-300, 1, 1, 1, 1]}, r"shares\.0 = 1e-300: must be in 1e-06 … 1000000"),
        ({"sigmas": [0.7, 0.7]}, "distinct"),
        ({"reconstruction": "bce"}, "must be mse"),
        ({"method": "sefa"}, r"method = 'sefa': .*'pca_ae' or 'affine'"),
        ({"method": "affine", "restarts": 2}, "restarts = 2: affine lines start at GANSpace's directions"),
        ({"label": -1}, "label"),
        ({"anchors_file": "gone.npy"}, r"anchors_file: gone\.npy: no such file"),
    ],
)
def test_a_wrong_variant_is_refused(change, complaint):
    with pytest.raises(ParamsError, match=complaint):
        parse(Variant, {"generator": "tiny", "anchors": [1]} | change, "gan_train.variants.x")


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_a_neighbourhood_without_extent_is_refused(sigma):
    with pytest.raises(ParamsError, match=r"gan_train\.variants\.a\.sigmas\.0"):
        parse(Variant, {"generator": "avatars", "anchors": [1], "sigmas": [sigma]}, "gan_train.variants.a")


@pytest.mark.parametrize("source", [{}, {"path": "a", "zoo": {"file": "a"}}])
def test_a_generator_comes_from_one_place(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a").touch()
    with pytest.raises(ParamsError, match="give one of path"):
        parse(Source, source, "gan_generator.sources.x")


@pytest.mark.parametrize("source", [{"path": "gone.safetensors"}, {"zoo": {"file": "gone.pth"}}])
def test_a_missing_weight_file_is_found_before_any_stage_runs(source):
    with pytest.raises(ParamsError, match=r"gan_generator\.sources\.x\.(path|zoo\.file): gone\.\w+: no such file"):
        parse(Source, source, "gan_generator.sources.x")


def test_the_sections_name_what_is_wrong_in_a_variant(root):
    section = read_yaml(root / "params.yaml")["gan_train"]
    section["variants"]["avatars"]["sigma"] = 0.7
    with pytest.raises(ParamsError, match=r"gan_train\.variants\.avatars\.sigma = 0\.7: unknown key"):
        parse(Train, section, "gan_train")
    with pytest.raises(ParamsError, match=r"gan_train\.variants"):
        parse(Train, section | {"variants": {}}, "gan_train")
