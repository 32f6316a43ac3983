"""Variants with a base: completed from it, and one line for a base that is wrong."""

import sys

import pytest

from latentspace.pipeline import bases
from latentspace.pipeline.params import ParamsError, read_yaml
from latentspace.schema import read_params


def completed(**variants):
    return bases.completed({"seeds": [0], "gan_train": {"hidden": 4, "variants": variants}})["gan_train"]["variants"]


def test_what_a_variant_does_not_say_comes_from_its_base():
    a = {"generator": "x", "weight": 0.1, "steps": 5}
    found = completed(
        c={"base": "b", "generator": "z"}, b={"base": "a", "generator": "y", "steps": 7, "shares": None}, a=a
    )
    assert found["a"] == a
    assert found["b"] == {"generator": "y", "weight": 0.1, "steps": 7, "shares": None}
    assert found["c"] == {"generator": "z", "weight": 0.1, "steps": 7, "shares": None}


def test_what_dvc_reads_is_not_inherited():
    found = completed(a={"generator": "x", "images": "y", "weight": 1.0}, b={"base": "a"})
    assert found["b"] == {"weight": 1.0}


def test_other_sections_stay_as_they_are():
    params = {
        "seeds": [0],
        "launch": "python",
        "a": {"variants": [1]},
        "b": {"variants": {"x": 3, "y": None}},
        "c": None,
    }
    assert bases.completed(params) == params


@pytest.mark.parametrize(
    ("variants", "says"),
    [
        ({"a": {"base": "b"}}, "gan_train.variants.a.base = 'b': no such variant in gan_train.variants"),
        ({"a": {"base": None}}, "gan_train.variants.a.base = None: no such variant"),
        ({"a": {"base": ["b"]}, "b": {}}, "gan_train.variants.a.base = ['b']: no such variant"),
        ({"a": {"base": "a"}}, "gan_train.variants.a.base = 'a': a variant cannot be based on itself (a → a)"),
        ({"a": {"base": "b"}, "b": {"base": "a"}}, "b.base = 'a': a variant cannot be based on itself (a → b → a)"),
        ({"a": {"base": "b" * 5000}}, "no such variant"),
    ],
)
def test_a_wrong_base_is_named_in_one_line(variants, says):
    with pytest.raises(ParamsError) as caught:
        completed(**variants)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700


def test_a_chain_may_be_long():
    count = sys.getrecursionlimit() + 100
    variants = {"0": {"weight": 1.0}} | {str(n): {"base": str(n - 1)} for n in range(1, count)}
    assert bases.completed({"x": {"variants": variants}})["x"]["variants"][str(count - 1)] == {"weight": 1.0}


def test_the_schema_checks_completed_variants(root, tmp_path):
    text = (root / "params.yaml").read_text()
    lambda_1 = "lambda_1: {base: grown, images: ellipses, weight: 1.0, seeds: 2}"
    assert lambda_1 in text
    path = tmp_path / "params.yaml"
    for new, says in [
        ("lambda_1: {base: grown, weight: 1.0}", "organise_train.variants.lambda_1.images: missing"),
        (
            "lambda_1: {base: pca_ae, images: ellipses, packet_sizes: [1]}",
            "shares = [1.0, 1.0, 2.0] must have one entry",
        ),
        ("lambda_1: {base: pca, images: ellipses}", "organise_train.variants.lambda_1.base = 'pca': no such variant"),
    ]:
        path.write_text(text.replace(lambda_1, new))
        with pytest.raises(ParamsError) as caught:
            read_params(path)
        assert says in str(caught.value) and "\n" not in str(caught.value)


def test_params_yaml_has_no_anchors(root):
    from ruamel.yaml import YAML

    for file in ("params.yaml", "params.quick.yaml", "pretraining/params.yaml", "photos/params.yaml"):
        read_yaml(root / file)
        events = YAML(typ="safe", pure=True).parse((root / file).read_text())
        assert not [event for event in events if getattr(event, "anchor", None)], file
